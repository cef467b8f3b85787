import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import Keyv from 'keyv'
import type { StyleAdmin, StyleCard, StyleFileCard } from '../../../src/chat/contract/style-admin.ts'
import { UserError } from '../../../src/errors.ts'
import { webpToGif } from '../../../src/media/webp/webp-to-gif.ts'
import { builtInStyles } from '../../../src/styles/registry/built-in-styles.ts'
import type { StyleEntry } from '../../../src/styles/registry/style-entry.ts'
import { type HistoryRecord, openStyleHistory } from '../../../src/styles/registry/style-history.ts'
import { createStyleRegistry } from '../../../src/styles/registry/style-registry.ts'
import { animeAbout, animeLora, attached, models, openTestStyles, refusal, tiny, withBuiltIn } from '../test-styles.ts'

const here = 'discord/s1'
const names = async (styles: { list(space: string, admin: boolean): Promise<readonly { name: string }[]> }, space = here, admin = false) =>
  (await styles.list(space, admin)).map(({ name }) => name)

const shipped = withBuiltIn()
const withInk = withBuiltIn('Ink')

describe('the styles that ship', () => {
  test('give way to one that people made before an update brought its name, and are there when that is gone', async () => {
    const all = builtInStyles(models)
    const [taken, ...others] = all as [StyleEntry, ...StyleEntry[]]
    const history = await openStyleHistory(new Keyv<HistoryRecord>())
    const own = { ...taken, id: 'made/here', about: 'ours' }
    const by = { person: 'discord/s1/ann', space: here, name: 'ann' }
    await createStyleRegistry(others, history, () => 0).change(by, 'added', () => ({ id: own.id, entry: own }))
    const updated = createStyleRegistry(all, history, () => 0)
    assert.deepEqual(
      updated.entries().filter(({ name }) => name === taken.name),
      [own],
    )
    for (const called of [taken.name, ...taken.aliases]) assert.equal(updated.find(called)?.about, 'ours')
    await updated.change(by, 'removed', () => ({ id: own.id }))
    assert.deepEqual(updated.find(taken.name), taken)
    assert.equal(updated.entries().length, all.length)
  })

  test('are offered everywhere, found by name and alias in any case, and draw on the small model', async () => {
    const setup = await openTestStyles()
    assert.deepEqual(await names(setup.styles, 'slack/anywhere'), shipped)
    const style = await setup.styles.find('CARTOON', 'slack/anywhere', false)
    assert.equal(style?.name, 'anime')
    assert.match(style!.model.loras[0]!.file, /pocket\/loras\/anime\.safetensors$/)
    assert.deepEqual(
      (await setup.styles.search('anme', here, false, 5)).map(({ name }) => name),
      ['anime'],
    )
    const { width, frames, name } = await setup.styles.model('sepia')
    assert.deepEqual({ name, width, frames }, { name: 'sepia', width: 128, frames: 16 })
    assert.equal((await setup.styles.picture('anime'))?.width, 256)
    setup.close()
  })

  test('are drawn in settings of their own where they have some, and else in those of the small model', async () => {
    const setup = await openTestStyles()
    const usual = (await setup.styles.model()).guidance
    const guidance = new Map<string, number>()
    for (const name of shipped.filter((name) => name !== 'quick')) guidance.set(name, (await setup.styles.model(name)).guidance)
    const others = [...guidance].filter(([, value]) => value !== usual)
    assert.deepEqual(
      others,
      builtInStyles(models).flatMap(({ name, defaults }) => (defaults.guidance === undefined ? [] : [[name, defaults.guidance]])),
    )
    assert.ok(others.length > 0, 'pencil has one')
    setup.close()
  })

  test('move where only a GIF does: it is made of their picture once, and kept', async () => {
    let made = 0
    const setup = await openTestStyles({
      webpToGif: async (webp) => {
        made++
        return webpToGif(webp)
      },
    })
    const looks = await Promise.all([setup.styles.picture('anime', 'webp'), setup.styles.picture('anime', 'gif')])
    assert.deepEqual(
      looks.map((look) => ({ format: look?.format, width: look?.width, height: look?.height })),
      [
        { format: 'webp', width: 256, height: 256 },
        { format: 'gif', width: 256, height: 256 },
      ],
    )
    assert.deepEqual(await setup.styles.picture('anime', 'gif'), looks[1])
    assert.equal(made, 1)
    setup.close()
  })

  test('are changed by the operator alone, and come back by rolling back to what ships', async () => {
    const setup = await openTestStyles()
    assert.equal((await refusal(setup.admin().set('anime', 'quarantined'))).code, 'style-built-in')
    const operator = setup.admin({ platform: 'web' })
    await operator.remove('anime', false)
    assert.deepEqual(
      await names(setup.styles),
      shipped.filter((name) => name !== 'anime'),
    )
    await operator.rollback('anime', 0)
    assert.deepEqual(await names(setup.styles), shipped)
    assert.equal((await operator.record('anime')).card.files[0]!.license, 'Apache-2.0')
    const later = (await setup.reopen()).admin({ platform: 'web' })
    for (const manager of [operator, later]) assert.equal((await refusal(manager.rollback('anime', 0))).code, 'style-unchanged')
    setup.close()
  })
})

describe('a style that was added', () => {
  test('is for admins of its place, then for everybody there, where the operator says so everywhere, and goes the way back', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(animeLora())
    const admin = setup.admin({ files })
    const card = await admin.add({ name: 'Ink', extend: false, file })
    const [{ source, about }] = card.files as [StyleFileCard]
    assert.deepEqual(
      { state: card.state, base: card.base, source, about },
      { state: 'admins', base: 'pocket', source: 'file:look.safetensors', about: animeAbout },
    )
    assert.deepEqual(await names(setup.styles), shipped)
    assert.deepEqual(await names(setup.styles, here, true), withInk)
    assert.deepEqual(await names(setup.styles, 'discord/s2', true), shipped)
    await admin.set('ink', 'published')
    assert.deepEqual(await names(setup.styles), withInk)
    assert.deepEqual(await names(setup.styles, 'discord/s2'), shipped)
    const operator = setup.admin({ platform: 'web', space: 'page', person: 'op' })
    await operator.edit('ink', { where: 'everywhere' })
    assert.deepEqual(await names(setup.styles, 'discord/s2'), withInk)
    await admin.edit('ink', { where: 'here', aliases: 'pen, brush' })
    assert.deepEqual(await names(setup.styles, 'discord/s2'), shipped)
    assert.equal((await setup.styles.find('Brush', here, false))?.name, 'Ink')
    await admin.rename('ink', 'Drawing')
    assert.equal((await setup.styles.get('INK'))?.name, 'Drawing')
    await admin.set('drawing', 'quarantined')
    assert.equal(await setup.styles.get('drawing'), undefined)
    assert.deepEqual(await names(setup.styles, here, true), shipped)
    const { changes } = await admin.record('drawing')
    assert.deepEqual(
      changes.map(({ what }) => what),
      [
        ['state: published → quarantined'],
        ['name: Ink → Drawing', 'aliases: pen, brush → pen, brush, Ink'],
        ['aliases: – → pen, brush', 'where: everywhere → discord/s1'],
        ['where: discord/s1 → everywhere'],
        ['state: admins → published'],
        [`added with ${animeAbout}`],
      ],
    )
    await operator.rollback('drawing', 3)
    assert.deepEqual(await names(setup.styles, 'discord/s2'), withInk)
    setup.close()
  })

  test('takes no name that another has, whatever its case, also not as an alias', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(animeLora())
    const admin = setup.admin({ files })
    const before = setup.files()
    assert.equal((await refusal(admin.add({ name: 'ANIME', extend: false, file }))).code, 'style-name-taken')
    assert.equal((await refusal(admin.add({ name: 'cartoon', extend: false, file }))).code, 'style-name-taken')
    assert.deepEqual(setup.files(), before)
    await admin.add({ name: 'ink', extend: false, file })
    assert.equal((await refusal(admin.edit('ink', { aliases: 'Sepia' }))).code, 'style-name-taken')
    assert.equal((await refusal(admin.rename('ink', 'none'))).code, 'style-name-reserved')
    setup.close()
  })

  test('shares its file with another of the same content, and forgetting one leaves the other whole', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(animeLora())
    const admin = setup.admin({ files })
    await admin.add({ name: 'one', extend: false, file })
    await admin.add({ name: 'two', extend: false, file })
    assert.equal(setup.files().length, 1)
    await admin.remove('one', true)
    assert.equal((await refusal(admin.rollback('one'))).code, 'style-forgotten')
    const left = await setup.styles.find('two', here, true)
    assert.deepEqual(readFileSync(left!.model.loras[0]!.file), Buffer.from(animeLora()))
    await admin.preview('two', 'webp')
    assert.equal(setup.blobs.size, 1)
    await admin.remove('two', true)
    assert.deepEqual(setup.files(), [])
    assert.equal(setup.blobs.size, 0)
    setup.close()
  })

  test('that was removed keeps its files, and comes back whole', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(animeLora())
    const admin = setup.admin({ files })
    await admin.add({ name: 'ink', extend: false, file })
    await admin.remove('ink', false)
    assert.equal(await setup.styles.get('ink'), undefined)
    const next = await setup.reopen()
    assert.equal(next.files().length, 1)
    await next.admin().rollback('ink')
    assert.equal((await next.styles.find('ink', here, true))?.name, 'ink')
    setup.close()
  })

  test('can be made of several files, whose parts are named by number', async () => {
    const setup = await openTestStyles()
    for (const name of ['lora_peft', 'motion_lora', 'lyco_norm', 'motion_v3', 'checkpoint'])
      copyFileSync(join(tiny, `${name}.safetensors`), join(setup.hostFolder, `${name}.safetensors`))
    const admin = setup.admin()
    const first = await admin.add({ name: 'mix', extend: false, path: 'lora_peft.safetensors', strength: 0.5 })
    assert.equal(first.base, 'tiny')
    await admin.add({ name: 'mix', extend: true, path: 'motion_lora.safetensors' })
    await admin.add({ name: 'mix', extend: true, path: 'checkpoint.safetensors' })
    const card = await admin.add({ name: 'mix', extend: true, path: 'motion_v3.safetensors' })
    assert.deepEqual(
      card.files.map(({ about, strength }) => ({ about: about.split(',')[0], strength })),
      [
        { about: 'LoRA', strength: 0.5 },
        { about: 'motion LoRA', strength: 1 },
        { about: 'Stable Diffusion 1.x checkpoint', strength: 1 },
        { about: 'motion module v3', strength: 1 },
      ],
    )
    const model = (await setup.styles.find('mix', here, true))!.model
    assert.equal(model.loras.length, 2)
    for (const path of [model.checkpoint, model.motion, ...model.loras.map((lora) => lora.file)])
      assert.ok(path?.startsWith(setup.folder), path)
    assert.equal((await refusal(admin.edit('mix', { strength: 0.3 }))).code, 'style-part-unnamed')
    assert.equal((await refusal(admin.edit('mix', { part: 3, strength: 0.3 }))).code, 'style-part-kind')
    assert.equal((await refusal(admin.edit('mix', { part: 5, strength: 0.3 }))).code, 'style-part')
    assert.equal((await refusal(admin.add({ name: 'mix', extend: true, path: 'lora_peft.safetensors' }))).code, 'style-has-file')
    const edited = await admin.edit('mix', { part: 2, strength: -0.3 })
    assert.deepEqual(edited.changed, ['strength of file 2: 1 → -0.3'])
    const dropped = await admin.edit('mix', { part: 4, drop: true })
    assert.deepEqual(dropped.changed, ['without motion module v3, up to 32 frames'])
    setup.close()
  })
})

describe('rolling back', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('edit' as const), strength: fc.integer({ min: -40, max: 40 }), words: fc.string({ maxLength: 20 }) }),
      fc.record({ do: fc.constant('rename' as const), to: fc.constantFrom('one', 'two', 'three', 'Sepia') }),
      fc.record({ do: fc.constant('set' as const), state: fc.constantFrom('published', 'kept', 'quarantined') }),
      fc.record({ do: fc.constant('remove' as const) }),
      fc.record({ do: fc.constant('rollback' as const), to: fc.nat({ max: 30 }) }),
    ),
    { minLength: 1, maxLength: 25 },
  )

  test('restores exactly what was, after any changes, also for the next process', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(animeLora())
    await setup.admin({ files }).add({ name: 'zero', extend: false, file })
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const seen = new Map<number, string>()
        const admin = setup.admin()
        const note = (card: StyleCard) => seen.set(card.change, seenAs(card))
        let name = (await admin.record('zero').catch(() => admin.record('one'))).card.name
        note((await admin.record(name)).card)
        for (const step of sequence) {
          const card = await apply(admin, name, step, [...seen.keys()])
          if (!card) continue
          note(card)
          name = card.name
        }
        for (const [number, state] of [...seen].reverse()) {
          const now = (await admin.record(name)).card
          if (now.change === number || seenAs(now) === state) continue
          const back = await admin.rollback(name, number)
          name = back.name
          assert.equal(seenAs(back), state)
          assert.equal(seenAs((await (await setup.reopen()).admin().record(name)).card), state)
        }
        // For the next run: it is there and has its first name.
        if ((await admin.record(name)).card.state === 'removed') await admin.rollback(name)
        if (name !== 'zero') await admin.rename(name, 'zero')
      }),
      { numRuns: 15 },
    )
    setup.close()
  })

  /** Without what says how it came to be. */
  function seenAs({ change: _, changed: _c, notes: _n, ...state }: StyleCard): string {
    return state.state === 'removed' ? 'removed' : JSON.stringify(state)
  }

  type Step = typeof steps extends fc.Arbitrary<readonly (infer One)[]> ? One : never

  /** Undefined where it was refused, and so left everything as it was. */
  async function apply(admin: StyleAdmin, name: string, step: Step, known: readonly number[]): Promise<StyleCard | undefined> {
    try {
      switch (step.do) {
        case 'edit':
          return await admin.edit(name, { strength: step.strength / 10, before: step.words })
        case 'rename':
          return await admin.rename(name, step.to)
        case 'set':
          return await admin.set(name, step.state as 'published')
        case 'remove':
          return await admin.remove(name, false)
        case 'rollback':
          return await admin.rollback(name, known[step.to % known.length])
      }
    } catch (error) {
      if (error instanceof UserError) return undefined
      throw error
    }
  }
})

test('two processes over one store see what the other has done', async () => {
  const one = await openTestStyles()
  const two = await one.reopen()
  const { file, files } = attached(animeLora())
  await one.admin({ files }).add({ name: 'ink', extend: false, file })
  assert.equal((await two.styles.find('ink', here, true))?.name, 'ink')
  await two.admin().set('ink', 'published')
  assert.equal((await one.styles.find('ink', here, false))?.state, 'published')
  await Promise.all([one.admin().edit('ink', { before: 'b' }), one.admin().edit('ink', { after: 'a' }), one.admin().rename('ink', 'pen')])
  const { card, changes } = await two.admin().record('ink')
  const { name, before, after } = card
  assert.deepEqual({ name, before, after }, { name: 'pen', before: 'b', after: 'a' })
  assert.equal(changes.length, 5)
  one.close()
})
