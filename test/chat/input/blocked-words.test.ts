// Blocked words: found as words, whatever stands around them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type BlockedWords, checkWords, foundIn, textsOf } from '../../../src/chat/input/blocked-words.ts'
import { promptReadings } from '../../../src/clip.ts'
import { UserError } from '../../../src/errors.ts'

const steps = 4
const found = (text: string, words: readonly string[]) => foundIn(() => [text], words)
const foundInPrompt = (prompt: string, words: readonly string[]) => foundIn(() => textsOf(prompt, steps), words)
const check = (prompt: string, negative: string, blocked: BlockedWords) => checkWords({ prompt, negative, steps }, blocked)
const none = { refuse: [], strip: [], negative: [] }

describe('blocked words', () => {
  it('refuse a prompt that has them, and say which', () => {
    assert.throws(
      () => check('a Gore scene', '', { ...none, refuse: ['gore', 'blood'] }),
      (error: unknown) => {
        assert.ok(error instanceof UserError)
        assert.equal(error.code, 'blocked-words')
        assert.equal(error.data['words'], 'gore')
        return true
      },
    )
  })

  it('are left out, and the rest stays as it was typed', () => {
    const checked = check('A gory, Blue cat on a  wall', '', { ...none, strip: ['gory'] })
    assert.equal(checked.prompt, 'A, Blue cat on a wall')
    assert.deepEqual(checked.stripped, ['gory'])
  })

  it('are forced into the negative prompt, once', () => {
    const blocked = { ...none, negative: ['naked', 'text'] }
    const checked = check('a naked mole with text', 'blurry, text', blocked)
    assert.equal(checked.prompt, 'a mole with')
    assert.equal(checked.negative, 'blurry, text, naked')
    assert.deepEqual(checked.forced, ['naked', 'text'])
  })

  it('leave nothing to draw sometimes, and that is said', () => {
    assert.throws(() => check('gore!', '', { ...none, strip: ['gore'] }), { code: 'nothing-left' })
  })

  it('hold in every part of a prompt that changes over the frames', () => {
    const prompt = '0: a meadow | 8: gore in a meadow | 16: a naked statue'
    assert.throws(() => check(prompt, '', { ...none, refuse: ['gore'] }), { code: 'blocked-words' })
    const blocked = { ...none, strip: ['gore'], negative: ['naked'] }
    const checked = check(prompt, '0: blurry | 8: naked, dark', blocked)
    assert.equal(checked.prompt, '0: a meadow | 8: in a meadow | 16: a statue')
    assert.equal(checked.negative, '0: blurry, naked | 8: naked, dark')
    assert.deepEqual([checked.stripped, checked.forced], [['gore'], ['naked']])
    assert.throws(() => check('0: a cat | 8: gore', '', { ...none, strip: ['gore'] }), { code: 'nothing-left' })
    assert.deepEqual(foundInPrompt('0: a cat | 16: a dog', ['16', 'dog']), ['dog'])
  })

  it('match whole words only', () => {
    assert.deepEqual(found('Scunthorpe and a classic grape', ['cunt', 'ass', 'rape']), [])
    assert.deepEqual(found('a gore-filled room', ['gore']), ['gore'])
    assert.deepEqual(found('blood bath', ['blood bath', 'bath tub']), ['blood bath'])
  })

  it('match however they are dressed up', () => {
    for (const dressed of [
      'GORE',
      'ｇｏｒｅ',
      'g\u200bo\u00adr\u2060e',
      'g\u0336o\u0336r\u0336e\u0336',
      'gorè',
      '𝓰𝓸𝓻𝓮',
      'ⓖⓞⓡⓔ',
      'go\ufe0fre',
    ]) {
      assert.deepEqual(found(`some ${dressed} here`, ['gore']), ['gore'], dressed)
      assert.equal(check(`some ${dressed} here`, '', { ...none, strip: ['gore'] }).prompt, 'some here', dressed)
    }
  })

  it('are refused where nobody typed them and the text encoder would read them', () => {
    for (const hidden of [
      'go\\re',
      'g(o)re',
      'g(o:1.3)re',
      '[g]ore',
      'g[o:o:0]re',
      'g[[o:0.5]:o:1]re',
      'go[re|ne]',
      'go<lora:x:1>re',
      'go<lora:a | 8: b>re',
      'go<lo<lora:anime>ra:b>re',
      '[go\\re AND x:999]',
      'go[re:0.45][zz:0.7]',
    ]) {
      for (const how of ['refuse', 'strip', 'negative'] as const) {
        const whole = `a room, ${hidden} on a wall`
        assert.throws(
          () => check(whole, '', { ...none, [how]: ['gore'] }),
          { code: 'blocked-words', data: { words: 'gore' } },
          `${how} ${hidden}`,
        )
      }
      assert.deepEqual(foundInPrompt(`0: a cat | 8: ${hidden}`, ['gore', 'cat']), ['gore', 'cat'])
    }
    // what is not read as one word is none
    for (const apart of ['go BREAK re', 'go, re', 'go :( re']) assert.deepEqual(foundInPrompt(apart, ['gore']), [])
  })

  it('are looked for in bounded time, however a prompt is nested', () => {
    const deep = `${'<lora:'.repeat(60)}${'['.repeat(64)}a cat${']'.repeat(64)}${'a>'.repeat(60)}`
    assert.throws(() => check(deep, '', { ...none, refuse: ['gore'] }), { code: 'prompt-nested' })
    assert.equal(check(deep, '', none).prompt, deep, 'where nothing is blocked, nothing is read')
    const within = `${'gor'.repeat(400)}${'e'.repeat(400)}`
    assert.equal(check(within, '', { ...none, strip: ['gore'] }).prompt, within)
    const han = `${'血'.repeat(400)}${'腥'.repeat(400)}`
    assert.throws(() => check(han, '', { ...none, strip: ['血腥'] }), { code: 'blocked-words' })
    const before = process.cpuUsage()
    const turns = Array.from(
      { length: 60 },
      (_, i) =>
        `[${'abcdefghijkl'
          .slice(0, 2 + (i % 9))
          .split('')
          .join('|')}]`,
    ).join(' ')
    checkWords({ prompt: turns, negative: '', steps: 50 }, { ...none, refuse: Array.from({ length: 100 }, (_, i) => `word${i}`) })
    const { user } = process.cpuUsage(before)
    assert.ok(user < 2_000_000, `${user / 1000} ms of the processor`)
  })

  it('match inside a sentence of a language without spaces', () => {
    assert.deepEqual(found('一张血腥的图', ['血腥']), ['血腥'])
    assert.equal(check('一张血腥的图', '', { ...none, strip: ['血腥'] }).prompt, '一张的图')
  })

  it('never stand in what is left', () => {
    const parts = fc.constantFrom(
      'gore',
      'Gore',
      'a',
      'cat',
      ',',
      '-',
      '..',
      'g\u200bore',
      'ⓖore',
      ' ',
      '血',
      '腥',
      '血腥',
      'gor',
      'e',
      '(',
      ')',
      '[',
      ']',
      ':',
      '0',
      '|',
      '\\',
      '<lora:x>',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 15 }), (list) => {
        const text = list.join('')
        const blocked = { ...none, strip: ['gore'], negative: ['血腥'] }
        try {
          const { prompt } = check(text, '', blocked)
          for (const read of [prompt, ...promptReadings(prompt, steps)]) assert.deepEqual(found(read, ['gore']), [])
        } catch (error) {
          assert.match((error as UserError).code, /^(nothing-left|blocked-words)$/)
        }
      }),
      { numRuns: 2000, seed: 4 },
    )
  })
})
