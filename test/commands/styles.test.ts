// /styles: adding, publishing and removing styles by chat.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { commands } from '../../commands/index.ts'
import { stylesFor } from '../../src/chat/context/style-source.ts'
import type { CommandContext, Reply } from '../../src/chat/contract/command.ts'
import { maxCommandChars } from '../../src/chat/contract/command-text.ts'
import { type GpuHosts, noGpuHosts } from '../../src/chat/contract/gpu-hosts.ts'
import { settingsSchema } from '../../src/chat/contract/settings.ts'
import { withFiles } from '../../src/chat/input/attached-files.ts'
import { optionValues } from '../../src/chat/input/option-values.ts'
import { parse } from '../../src/chat/input/parse.ts'
import { english } from '../../src/chat/locales/locales.ts'
import { speak } from '../../src/chat/locales/speak.ts'
import { zh } from '../../src/chat/locales/zh.ts'
import { samplerNames } from '../../src/engine/index.ts'
import {
  animeAbout,
  animeLora,
  attached,
  type TestStyles as House,
  openTestStyles as openHouse,
  refusal,
  type TestManager as Who,
  withBuiltIn,
} from '../styles/test-styles.ts'

type Saying = Extract<Reply, { kind: 'text' }>

const { file, files } = attached(animeLora())

/** What a person types, and the reply. */
function speaker(house: House, who: Partial<Who> = {}, gpuHosts: GpuHosts = noGpuHosts) {
  const owner = { platform: 'discord', space: 's1', person: 'ann' }
  const context = {
    asker: { admin: true, operator: false, roles: [] },
    formats: ['webp', 'gif'],
    styles: stylesFor(house.styles, 'discord/s1', true),
    styleAdmin: house.admin({ files, ...who }),
    gpuHosts,
    settings: { get: async () => settingsSchema.parse({}), set: async () => undefined },
  } as unknown as CommandContext
  return async (text: string, withFile = false): Promise<Saying> => {
    const { command, action, inputs } = parse(text, commands)
    const declared = command.actions[action]!
    const values = optionValues(declared.options, withFiles(inputs, withFile ? [file] : [], declared))
    const reply = await declared.run({ values, owner, context })
    assert.equal(reply.kind, 'text')
    return reply as Saying
  }
}

const spoken = ({ text }: Saying): string => speak(english, text)
const facts = ({ facts: list = [] }: Saying): Record<string, string> =>
  Object.fromEntries(list.map(({ label, value }) => [speak(english, label), speak(english, value)]))
const buttons = ({ buttons: list = [] }: Saying): string[] => list.map(({ command }) => command)

describe('/styles', () => {
  test('add tells what a file is, shows it beside the same without it, and asks what becomes of it', async () => {
    const house = await openHouse()
    const say = speaker(house)
    const reply = await say('/styles add name:ink about:"Drawn with a pen" strength:0.8', true)
    assert.equal(spoken(reply), 'ink is there, for admins so far. It is drawn below with it and without. Publish it?')
    const { Files, Source, Base, Where, Licence } = facts(reply)
    const digest = createHash('sha256').update(animeLora()).digest('hex').slice(0, 12)
    assert.match(Files!, new RegExp(`^1\\. ${RegExp.escape(animeAbout)}, strength 0\\.8 \\(\\d+ kB, sha256 ${digest}\\)$`))
    assert.deepEqual(
      { Source, Base, Where, Licence },
      { Source: 'file:look.safetensors', Base: 'pocket', Where: 'here alone', Licence: '–' },
    )
    assert.deepEqual(
      reply.items?.map(({ title, picture }) => ({
        title: speak(english, title),
        format: picture && 'animation' in picture && picture.animation.format,
      })),
      [
        { title: 'With ink', format: 'webp' },
        { title: 'Without', format: 'webp' },
      ],
    )
    assert.deepEqual(buttons(reply), ['styles publish name:ink', 'styles keep name:ink', 'styles remove name:ink forget:yes'])
    house.close()
  })

  test("each of add's buttons is understood when it is pressed", async () => {
    const house = await openHouse()
    const say = speaker(house)
    const [publish, keep, drop] = buttons(await say('/styles add ink', true))
    assert.equal(spoken(await say(keep!)), 'ink is for admins alone.')
    const published = await say(publish!)
    assert.equal(spoken(published), 'ink is offered here alone now: style:ink')
    assert.equal((await house.styles.list('discord/s1', false)).length, withBuiltIn('ink').length)
    assert.equal((await house.styles.list('slack/x', false)).length, withBuiltIn().length)
    assert.ok(buttons(published)[0]!.startsWith('animate prompt:"a red ball'))
    assert.equal(spoken(await say(drop!)), 'ink is removed, and its files with it.')
    assert.deepEqual(house.files(), [])
    house.close()
  })

  test('what cannot be drawn is taken back, and the reason is told', async () => {
    const broken = new Error('the device is gone')
    const house = await openHouse({ draw: () => Promise.reject(broken) })
    await assert.rejects(speaker(house)('/styles add ink', true), broken)
    assert.deepEqual(house.files(), [])
    assert.equal((await house.styles.list('discord/s1', true)).length, withBuiltIn().length)
    house.close()
  })

  test('edit says what changed, and its button takes it back', async () => {
    const house = await openHouse()
    const say = speaker(house)
    await say('/styles add ink', true)
    const reply = await say('/styles edit ink strength:0.5 before:"pen drawing" size:128x96 sampler:euler aliases:pen,brush')
    assert.equal(
      spoken(reply),
      'ink: before: – → pen drawing; aliases: – → pen, brush; width: – → 128; height: – → 96; sampler: – → euler; strength of file 1: 1 → 0.5',
    )
    const looped = await say('/styles edit ink loop:cross-fade window-length:24 window-overlap:8')
    assert.equal(spoken(looped), 'ink: loop: – → cross-fade; windowLength: – → 24; windowOverlap: – → 8')
    assert.partialDeepStrictEqual(await house.styles.model('ink'), { loop: 'cross-fade', windowLength: 24, windowOverlap: 8 })
    const emptied = await say('/styles edit ink before:none')
    assert.equal(spoken(emptied), 'ink: before: pen drawing → –')
    const [preview, undo] = buttons(reply)
    await say(preview!)
    assert.equal(house.drawn.at(-1)!.request.width, 128)
    await say(undo!)
    const card = (await house.admin().record('ink')).card
    assert.deepEqual(
      { before: card.before, strength: card.files[0]!.strength, aliases: card.aliases },
      { before: '', strength: 1, aliases: [] },
    )
    house.close()
  })

  test('the form of edit shows what the style draws with now: its own settings, and those of its base', async () => {
    const house = await openHouse()
    const say = speaker(house)
    await say('/styles add ink', true)
    const edited = await say('/styles edit ink size:128x96 steps:9 sampler:euler')
    const base = await house.styles.model('anime')
    assert.partialDeepStrictEqual(facts(edited), {
      Size: '128 × 96',
      Steps: '9',
      Frames: String(base.frames),
      Guidance: String(base.guidance),
    })
    const { current } = commands.find(({ name }) => name === 'styles')!.actions['edit']!
    const context = { styles: stylesFor(house.styles, 'discord/s1', true), styleAdmin: house.admin() } as unknown as CommandContext
    assert.partialDeepStrictEqual(await current!({ name: 'ink' }, context), {
      size: '128x96',
      steps: '9',
      sampler: 'euler',
      frames: String(base.frames),
      guidance: String(base.guidance),
    })
    await say('/styles quarantine ink')
    const own = await current!({ name: 'ink' }, { ...context, styles: stylesFor(house.styles, 'discord/s1', false) } as CommandContext)
    assert.partialDeepStrictEqual(own, { size: '128x96', steps: '9', sampler: 'euler' })
    house.close()
  })

  test('who says which GPU hosts can draw it, where there are any', async () => {
    const house = await openHouse()
    await speaker(house)('/styles add ink', true)
    assert.equal(facts(await speaker(house)('/styles who ink'))['GPU hosts that can draw it'], undefined)
    const ada = { id: 'ada-1', name: 'ada', drained: false, devices: [] }
    for (const [names, shown] of [
      [['ada', 'bob'], 'ada, bob'],
      [[], 'none'],
    ] as const) {
      const hosts: GpuHosts = { ...noGpuHosts, list: () => [ada], able: async (style) => (style === 'ink' ? names : []) }
      assert.equal(facts(await speaker(house, {}, hosts)('/styles who ink'))['GPU hosts that can draw it'], shown)
    }
    house.close()
  })

  test('edit without anything to change, with a size that cannot be drawn, or of a style that is not there is refused', async () => {
    const house = await openHouse()
    const say = speaker(house)
    await say('/styles add ink', true)
    for (const [text, code] of [
      ['/styles edit ink', 'no-edits'],
      ['/styles edit ink size:100x100', 'size-not-multiple'],
      ['/styles edit ink size:big', 'not-a-size'],
      ['/styles edit nothing strength:1', 'unknown-style'],
      ['/styles edit anime strength:1', 'style-built-in'],
      ['/styles rename ink to:sepia', 'style-name-taken'],
      ['/styles rollback ink to:99', 'style-no-such-state'],
    ] as const) {
      assert.equal((await refusal(say(text))).code, code, text)
    }
    house.close()
  })

  test('rename, quarantine, remove and rollback each say what they did; who tells it all', async () => {
    const house = await openHouse()
    const say = speaker(house)
    await say('/styles add ink', true)
    assert.equal(spoken(await say('/styles rename ink to:pen')), 'pen: name: ink → pen; aliases: – → ink')
    assert.match(spoken(await say('/styles quarantine ink')), /^pen is in quarantine/)
    const removed = await say('/styles remove pen')
    assert.equal(spoken(removed), 'pen is removed. Its rollback brings it back.')
    await say(buttons(removed)[0]!)
    const who = await say('/styles who pen')
    assert.deepEqual(
      who.items?.map(({ title }) => speak(english, title)),
      [
        `5. 2023-11-14 22:13 UTC, ann (discord/ann): added with ${animeAbout}`,
        '4. 2023-11-14 22:13 UTC, ann (discord/ann): removed',
        '3. 2023-11-14 22:13 UTC, ann (discord/ann): state: admins → quarantined',
        '2. 2023-11-14 22:13 UTC, ann (discord/ann): name: ink → pen; aliases: – → ink',
        `1. 2023-11-14 22:13 UTC, ann (discord/ann): added with ${animeAbout}`,
      ],
    )
    await say(who.items![4]!.buttons![0]!.command)
    assert.equal((await house.admin().record('ink')).card.state, 'admins')
    house.close()
  })

  test('people who may not are refused at every action but browsing', async () => {
    const house = await openHouse()
    const say = speaker(house, { admin: false })
    const { actions } = commands.find(({ name }) => name === 'styles')!
    for (const action of Object.keys(actions)) {
      if (action === 'browse') assert.match(spoken(await say('/styles')), new RegExp(`^${withBuiltIn().length} styles`))
      else
        assert.equal(
          (
            await refusal(
              say(`/styles ${action} anime${action === 'edit' ? ' strength:1' : action === 'rename' ? ' to:x' : ''}`, action === 'add'),
            )
          ).code,
          'not-a-style-manager',
          action,
        )
    }
    house.close()
  })

  test('a name of any length and script keeps every button within its limit', async () => {
    const house = await openHouse()
    const say = speaker(house)
    const name = '浮世絵 ink and '.padEnd(40, 'x')
    const replies = [
      await say(`/styles add name:"${name}"`, true),
      await say(`/styles publish "${name}"`),
      await say(`/styles edit "${name}" strength:2`),
    ]
    for (const reply of replies) for (const command of buttons(reply)) assert.ok(command.length <= maxCommandChars, command)
    house.close()
  })

  test('offers every sampler that there is', () => {
    const { options } = commands.find(({ name }) => name === 'styles')!.actions['edit']!
    const sampler = options['sampler']!
    assert.ok(sampler.kind === 'choice')
    assert.deepEqual([...sampler.choices].sort(), [...samplerNames].sort())
  })

  test('has its sentences, helps and refusals in Chinese', () => {
    const { actions } = commands.find(({ name }) => name === 'styles')!
    for (const action of Object.keys(actions)) assert.match(zh.help[`styles.${action}`]!, /\p{Script=Han}/u, action)
    assert.match(speak(zh, { key: 'style-added', data: { name: 'ink' } }), /ink/)
    for (const code of ['style-name-taken', 'not-a-style-manager', 'url-host', 'file-is-pickle']) assert.ok(zh.notes[code], code)
  })
})
