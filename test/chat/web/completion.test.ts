// Completion on the page: what is offered while a command is typed, and what taking it does.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../commands/index.ts'
import { parse } from '../../../src/chat/input/parse.ts'
import { completionAt, quoted, spoken } from '../../../src/chat/web/page/composer/completion.js'
import { pageSetup } from '../../../src/chat/web/page-setup.ts'

const offered = pageSetup('en', commands).commands

/** `|` is the caret. */
function at(typed: string) {
  const caret = typed.indexOf('|')
  return completionAt(typed.replace('|', ''), caret, offered)
}
const labels = (typed: string) => at(typed).suggestions.map(({ label }) => label)
/** The text after the first suggestion was taken. */
function taken(typed: string): string {
  const { insert, from, to } = at(typed).suggestions[0]!
  const text = typed.replace('|', '')
  return text.slice(0, from) + insert + text.slice(to)
}

describe('completion while typing', () => {
  it('offers commands by their beginning first, and not what only buttons say', () => {
    assert.equal(labels('/an|')[0], '/animate')
    assert.ok(labels('/|').includes('/queue'))
    assert.ok(!labels('/|').includes('/keep'))
    assert.equal(taken('/an|'), '/animate ')
  })

  it('Enter takes the first where what stands there is no command yet, and sends where it is one', () => {
    assert.equal(at('/an|').choosing, true)
    assert.equal(at('/queue|').choosing, false)
  })

  it('offers the actions of a command that has several, then the options of the one chosen', () => {
    assert.deepEqual(labels('/privacy |'), ['about', 'export', 'delete'])
    assert.equal(taken('/privacy ex|'), '/privacy export ')
    assert.deepEqual(labels('/settings block |'), ['words:', 'outcome:'])
    assert.deepEqual(labels('/settings block gore outcome:ref|'), ['refuse'])
  })

  it('offers options right after the command and by their beginning later, each once', () => {
    assert.deepEqual(labels('/animate |').slice(0, 2), ['prompt:', 'style:'])
    assert.deepEqual(labels('/animate a cat |'), [])
    assert.deepEqual(labels('/animate a cat st|'), ['style:', 'steps:', 'strength-travel:'])
    assert.deepEqual(labels('/animate a cat style:anime st|'), ['steps:', 'strength-travel:'])
    assert.equal(taken('/animate a cat see|'), '/animate a cat seed:')
  })

  it('offers choices and yes or no by what they are called', () => {
    assert.deepEqual(labels('/animate a cat aspect:|'), ['square', 'wide', 'tall'])
    assert.equal(taken('/animate a cat aspect:w| steps:4'), '/animate a cat aspect:wide  steps:4')
    assert.deepEqual(labels('/animate a cat private:|'), ['yes', 'no'])
    const chinese = pageSetup('zh-CN', commands).commands
    assert.deepEqual(
      completionAt('/animate x aspect:', 18, chinese).suggestions.map(({ label, insert }) => ({ label, insert })),
      [
        { label: '方形', insert: 'square ' },
        { label: '横向', insert: 'wide ' },
        { label: '竖向', insert: 'tall ' },
      ],
    )
    const negative = completionAt('/defaults clear name:neg', 24, chinese).suggestions[0]
    assert.deepEqual([negative?.label, negative?.insert], ['不要的内容', 'negative '])
  })

  it('asks for styles, and for recent prompts with all their words', () => {
    const style = at('/animate a cat style:an|').ask!
    assert.partialDeepStrictEqual(style, { command: 'animate', option: 'style', typed: 'an', from: 21, to: 23 })
    const named = at('/animate prompt:a blue boat style:anime negative:dark blu|').ask
    assert.equal(named, undefined, 'what is not wanted is not completed')
    assert.equal(at('/animate prompt:a blue bo|').ask!.typed, 'a blue bo')
    assert.equal(at('/animate a blue bo|').ask!.typed, 'a blue bo')
    assert.equal(at('/animate style:anime a bl|').ask!.typed, 'a bl')
  })

  it('completes within a bare sentence, at its own places', () => {
    assert.deepEqual(labels('a blue boat sty|'), ['style:'])
    assert.equal(taken('a blue boat sty|'), 'a blue boat style:')
    const { from, to, typed } = at('a blue boat style:an|').ask!
    assert.deepEqual({ from, to, typed }, { from: 18, to: 20, typed: 'an' })
    assert.equal(at('a blue bo|').ask, undefined, 'no list under every word of a sentence')
  })

  it('a sentence is drawn, a command is a command', () => {
    assert.equal(spoken('a blue boat style:anime', offered), '/animate a blue boat style:anime')
    assert.equal(spoken(' /queue ', offered), '/queue')
    assert.equal(spoken('help', offered), 'help')
  })

  it('a value that was put in is read back as it was', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w "\\:-]{1,30}$/), fc.boolean(), (value, raw) => {
        fc.pre(value.trim() === value && !/\s\s/.test(value))
        const option = raw ? 'prompt' : 'style'
        assert.equal(parse(`/animate ${option}:${quoted(value, raw)}`, commands).inputs[option], value)
      }),
      { numRuns: 2000 },
    )
  })

  it('never fails, whatever is typed, and replaces only what is there', () => {
    const words = fc.constantFrom('/animate', '/settings', 'block', 'style:', 'prompt:', '--seed', '"', ' ', 'a', ':', '=', '火', '\\')
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), fc.nat(40), (parts, wanted) => {
        const text = parts.join(' ')
        const caret = Math.min(wanted, text.length)
        const { suggestions, ask } = completionAt(text, caret, offered)
        for (const { from, to } of [...suggestions, ...(ask ? [ask] : [])]) assert.ok(0 <= from && from <= to && to === caret, text)
      }),
      { numRuns: 3000 },
    )
  })
})
