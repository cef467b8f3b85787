// Locales: every language has every sentence, and says it with the same parts.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { commands } from '../../commands/index.ts'
import { say } from '../../src/chat/contract/reply.ts'
import { en, type SentenceKey } from '../../src/chat/locales/en.ts'
import { durationIn, fill, namesIn } from '../../src/chat/locales/fill.ts'
import { english, localeFor, locales } from '../../src/chat/locales/locales.ts'
import { choiceNamesIn, helpIn, optionNameIn, speak, speakNote } from '../../src/chat/locales/speak.ts'
import { textsIn } from '../../src/chat/web/page-texts.ts'
import { UserError } from '../../src/errors.ts'
import { encode } from '../../src/media/animation.ts'

const root = join(import.meta.dirname, '../..')

describe('languages', () => {
  for (const locale of locales.slice(1)) {
    const [tag] = locale.tags

    test(`${tag} has every sentence, filled from the same names`, () => {
      assert.deepEqual(Object.keys(locale.sentences).sort(), Object.keys(en).sort())
      for (const key of Object.keys(en) as SentenceKey[]) {
        const [here, there] = [namesIn(locale.sentences[key]), namesIn(en[key])]
        assert.deepEqual([...new Set(here)].sort(), [...new Set(there)].sort(), key)
      }
    })

    test(`${tag} has a help for every command, action and option, and a name for every option`, () => {
      const missing: string[] = []
      const look = (path: string, declared: string) => helpIn(locale, path, declared) === declared && missing.push(path)
      for (const { name, help, actions } of commands) {
        look(name, help)
        for (const [action, { help, options }] of Object.entries(actions)) {
          const path = action === '' ? name : `${name}.${action}`
          if (action !== '') look(path, help)
          for (const [option, declared] of Object.entries(options)) {
            look(`${path}.${option}`, declared.help)
            if (locale.optionNames[option] === undefined) missing.push(`the name of ${option}`)
          }
        }
      }
      assert.deepEqual(missing, [])
    })
  }

  test('every sentence is said somewhere', () => {
    const files = globSync(['commands/*.ts', 'src/**/*.ts'], { cwd: root, exclude: ['src/chat/locales/en.ts', 'src/chat/locales/zh*.ts'] })
    const sources = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n')
    const said = new Set(sources.match(/'[a-z-]+'/g))
    const heads = [...sources.matchAll(/`([a-z]+-[a-z-]*)\$\{/g)].map(([, head]) => head!)
    // a length of time asks for these itself
    const units = ['seconds', 'minutes', 'hours']
    assert.deepEqual(
      Object.keys(en).filter((key) => !said.has(`'${key}'`) && !heads.some((head) => key.startsWith(head)) && !units.includes(key)),
      [],
    )
  })

  test('a choice that is an option is called what the option is called', () => {
    const chinese = localeFor('zh-CN')
    const choicesOf = (command: string, action: string, name: string) => {
      const option = commands.find((one) => one.name === command)!.actions[action]!.options[name]!
      assert.ok(option.kind === 'choice')
      return choiceNamesIn(chinese, option)
    }
    const cleared = choicesOf('defaults', 'clear', 'name')
    for (const [name, label] of Object.entries(cleared)) assert.equal(label, optionNameIn(chinese, name))
    assert.equal(cleared['negative'], '不要的内容')
    assert.equal(choicesOf('settings', 'block', 'outcome')['negative'], '不让出现')
  })

  test('the nearest one is taken: by tag, by language, else English', () => {
    assert.equal(localeFor('zh-TW').tags[0], 'zh')
    assert.equal(localeFor('zh-HK').tags[0], 'zh')
    assert.equal(localeFor('fr').tags[0], 'en')
    assert.equal(localeFor(undefined), english)
  })

  test('numbers choose their form, lengths of time are rounded as people say them', () => {
    assert.equal(speak(english, say('accepted-ahead', { ahead: 1 })), '1 animation is before this one.')
    assert.equal(speak(english, say('accepted-ahead', { ahead: 2 })), '2 animations are before this one.')
    const duration = durationIn(en)
    assert.deepEqual([1, 900, 4100, 21_000, 89_000, 100_000, 3 * 3_600_000].map(duration), [
      '1 second',
      '1 second',
      '5 seconds',
      '25 seconds',
      '90 seconds',
      '2 minutes',
      '3 hours',
    ])
  })

  test("people's words are never read as templates", () => {
    const words = '{name} {n#a|b} {ms~} $1'
    assert.equal(
      fill('{name}!', () => words, String),
      `${words}!`,
    )
    assert.equal(speak(english, say('end-done', { name: words })), `${words} asked for this.`)
  })

  test('notes inside a note are said in the same language', async () => {
    const noisy = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3 * 4).map((_, i) => (i * 7919) % 251) }
    const { reduced } = await encode({ ...noisy, count: 4 }, { format: 'webp', fps: 10, maxBytes: 4000 })
    assert.match(speakNote(english, reduced!.note), /^Lowered to stay within 4,000 bytes: quality from 85 to \d+, size from 64×64 to/)
    assert.match(
      speakNote(localeFor('zh'), reduced!.note),
      /^为了不超过 4000 字节，降低了画质（从 85 到 \d+）, 尺寸（从 64×64 到 \d+×\d+）/,
    )
  })

  test('every note and error that is translated is told somewhere, by that code', () => {
    const sources = ['src', 'commands'].flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ['src/chat/locales/**'] }))
    const told = new Set(sources.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/'[a-z\d-]+'/g) ?? []))
    for (const { notes } of locales)
      assert.deepEqual(
        Object.keys(notes).filter((code) => !told.has(`'${code}'`)),
        [],
      )
  })

  test('whatever the page refuses it says in each of its languages', () => {
    const sources = globSync('src/chat/web/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
    const codes = sources.flatMap((source) => [...source.matchAll(/new HttpError\(\s*\d+,\s*'([a-z-]+)'/g)].map(([, code]) => code!))
    assert.ok(codes.length > 15, `${codes}`)
    assert.deepEqual(
      codes.filter((code) => !Object.hasOwn(textsIn('zh'), `error-${code}`)),
      [],
    )
  })

  test('an error whose data does not fit its template is said in its own words', () => {
    const zh = localeFor('zh')
    assert.equal(
      speakNote(zh, new UserError('not-a-seed', 'seed is wrong.', { name: 'seed', max: '9', text: 'x' })),
      'seed 是 0 到 9 的整数，不能是“x”。',
    )
    assert.equal(speakNote(zh, new UserError('not-a-seed', 'seed is wrong.', {})), 'seed is wrong.')
    assert.equal(speakNote(zh, new UserError('constructor', 'Odd.', {})), 'Odd.')
  })
})
