// Styles that are learned from pictures: what is taken in, what is refused before it is, and how what was learned becomes a style.

import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Attachment } from '../../src/chat/contract/attachment.ts'
import { decodeFrames } from '../../src/media/decode.ts'
import { usualQuotas } from '../../src/styles/admin/quota.ts'
import { lookPictures } from '../look-pictures.ts'
import { models, openTestStyles, refusal, type TestStyles } from './test-styles.ts'

const look = (path: string) => decodeFrames(path, { width: 8, height: 8, maxFrames: 1 })

interface HandedOver {
  readonly pictures: () => Promise<readonly Attachment[]>
  readonly files: Record<string, Uint8Array>
}

async function handedOver(count: number, more: Readonly<Record<string, string>> = {}): Promise<HandedOver> {
  const drawn = (await lookPictures('neon', count, 16)).map(({ name, bytes }) => [name, bytes] as const)
  const all = [...drawn, ...Object.entries(more).map(([name, text]) => [name, Buffer.from(text)] as const)]
  return {
    pictures: async () => all.map(([name, { length }]) => ({ url: `upload:${name}`, name, bytes: length })),
    files: Object.fromEntries(all.map(([name, bytes]) => [`upload:${name}`, bytes])),
  }
}

const trainings = ({ folder }: TestStyles): string[] => readdirSync(join(folder, 'training'))

test('pictures lie with their captions behind the word; what was learned becomes a style once, and can be taken back', async () => {
  const house = await openTestStyles({ look })
  const { pictures, files } = await handedOver(5, { 'picture-1.txt': 'a boat\nat sea' })
  const admin = house.admin({ files })
  const prepared = await admin.train({ name: 'Glow Sticks', word: 'glwstk', about: 'Neon lines', pictures })
  assert.deepEqual(
    { ...prepared, id: '' },
    { id: '', name: 'Glow Sticks', word: 'glwstk', pictures: 5, example: 'a red ball bouncing in a meadow' },
  )
  const { taught } = house.styles
  const { folder, word, out, base } = taught.find(prepared.id)
  assert.deepEqual(
    readdirSync(folder).sort(),
    ['01', '02', '03', '04', '05'].flatMap((n) => [`${n}.png`, `${n}.txt`]),
  )
  assert.equal(readFileSync(join(folder, '02.txt'), 'utf8'), 'glwstk, a boat at sea')
  assert.equal(readFileSync(join(folder, '01.txt'), 'utf8'), 'glwstk')
  assert.deepEqual([word, base.checkpoint], ['glwstk', join(models, 'pocket')])
  assert.equal((await refusal(admin.train({ name: 'glow sticks', pictures }))).code, 'training-name-taken')

  // As another process finds it, with what was learned beside it.
  cpSync(join(models, 'pocket/loras/anime.safetensors'), out)
  const next = await house.reopen()
  await next.styles.taught.register(prepared.id)
  const withdraw = await next.styles.taught.register(prepared.id)
  const { card, changes } = await next.admin().record('Glow Sticks')
  assert.deepEqual([changes.length, card.state, card.about, card.triggers], [1, 'admins', 'Neon lines', ['glwstk']])
  assert.deepEqual(
    card.files.map(({ source }) => source),
    ['trained on 5 pictures'],
  )
  assert.deepEqual([changes[0]!.by, card.where], ['ann (discord/ann)', 'here'])
  const recipe = await next.styles.recipe({
    ...{ prompt: 'a cat', negative: '', style: 'Glow Sticks', seed: '1', format: 'webp' },
    ...{ width: 64, height: 64, frames: 16, fps: 10, steps: 16, guidance: 4, clipSkip: 1 },
  })
  assert.equal(recipe.prompt, 'glwstk, a cat')

  await withdraw()
  assert.deepEqual(next.files(), [])
  next.styles.taught.forget(prepared.id)
  assert.deepEqual(trainings(next), [])
  assert.equal((await refusal(next.styles.taught.register(prepared.id))).code, 'training-gone')
  house.close()
})

test('what is wrong by what is said of it is refused before anything is fetched', async () => {
  const house = await openTestStyles({ look, quotas: { ...usualQuotas, addsPerHour: 1 } })
  const admin = house.admin({ files: {} })
  const named = (...names: string[]): readonly Attachment[] => names.map((name) => ({ url: 'upload:none', name, bytes: 1000 }))
  const many = (count: number): readonly Attachment[] => named(...Array.from({ length: count }, (_, n) => `${n}.jpg`))
  const refused = async (pictures: readonly Attachment[]) =>
    (await refusal(admin.train({ name: 'x', pictures: async () => pictures }))).message
  assert.equal(await refused(many(4)), 'A style is learned from 5 to 20 pictures or clips, and 4 came with this.')
  assert.equal(await refused(many(21)), 'A style is learned from 5 to 20 pictures or clips, and 21 came with this.')
  assert.match(
    await refused([...many(5), ...named('notes.pdf')]),
    /^notes\.pdf is no picture and no clip: a style is learned from png, jpg/,
  )
  const [large] = named('large.png')
  assert.equal(await refused([...many(4), { ...large!, bytes: 25_000_001 }]), 'large.png is larger than the 25 MB that it may have here.')
  const clips = Array.from({ length: 5 }, (_, n) => ({ url: 'upload:none', name: `${n}.mp4`, bytes: 90_000_000 }))
  assert.equal(await refused(clips), 'Together they may have 250 MB, and have 450.')
  assert.deepEqual(trainings(house), [])

  const stranger = house.admin({ admin: false })
  let asked = false
  const untouched = async () => {
    asked = true
    return many(5)
  }
  assert.equal((await refusal(stranger.train({ name: 'x', pictures: untouched }))).code, 'not-a-style-manager')
  assert.equal((await refusal(admin.train({ name: 'anime', pictures: untouched }))).code, 'style-name-taken')
  assert.ok(!asked, 'nobody looks for pictures of whom may not')
  house.close()
})

test('a file that is larger than was said, or no picture, leaves nothing behind', async () => {
  const house = await openTestStyles({ look })
  const { pictures, files } = await handedOver(5, { 'torn.png': 'no picture at all' })
  const refused = await refusal(house.admin({ files }).train({ name: 'x', pictures }))
  assert.equal(refused.message, 'torn.png cannot be read as a picture or a clip.')
  const grown = { ...files, 'upload:picture-0.png': new Uint8Array(25_000_001) }
  const { message } = await refusal(house.admin({ files: grown }).train({ name: 'x', pictures }))
  assert.equal(message, 'picture-0.png is larger than the 25 MB that it may have here.')
  assert.deepEqual(trainings(house), [])
  house.close()
})

test('what has no job, because it was refused after all, keeps nobody from asking again; nothing is taken in where nothing is learned', async () => {
  const live = new Set<string>()
  const house = await openTestStyles({ look, trainings: () => live })
  const { pictures, files } = await handedOver(5)
  const admin = house.admin({ files })
  const first = await admin.train({ name: 'ink', pictures })
  assert.equal((await refusal(admin.train({ name: 'ink', pictures }))).code, 'training-name-taken')
  house.clock.nowMs += 10_001
  live.add((await admin.train({ name: 'ink', pictures })).id)
  house.clock.nowMs += 10_001
  assert.equal((await refusal(admin.train({ name: 'ink', pictures }))).code, 'training-name-taken')
  assert.ok(!live.has(first.id))
  house.close()

  const without = await openTestStyles()
  assert.equal((await refusal(without.admin({ files }).train({ name: 'ink', pictures }))).code, 'no-training')
  without.close()
})

test('the name of what is being learned is taken by nobody meanwhile, and no quota that was filled since throws it away', async () => {
  const house = await openTestStyles({ look, quotas: { ...usualQuotas, addsPerHour: 2 } })
  const { pictures, files } = await handedOver(5)
  const admin = house.admin({ files: { ...files, 'upload:l': lora() } })
  const ids = await Promise.all(['ink', 'chalk', 'soot'].map(async (name) => (await admin.train({ name, pictures })).id))
  const elsewhere = house.admin({ files: { 'upload:l': lora() }, space: 's2' })
  for (const name of ['f1', 'f2']) await admin.add({ name, extend: false, file: loraFile })
  for (const take of [
    () => elsewhere.add({ name: 'Ink', extend: false, file: loraFile }),
    () => admin.rename('f1', 'ink'),
    () => admin.edit('f1', { aliases: 'manga, INK' }),
  ])
    assert.equal((await refusal(take())).code, 'training-name-taken')
  assert.equal((await refusal(admin.add({ name: 'f3', extend: false, file: loraFile }))).code, 'quota-hour')

  const { taught } = house.styles
  for (const id of ids) cpSync(join(models, 'pocket/loras/anime.safetensors'), taught.find(id).out)
  await Promise.all(ids.map((id) => taught.register(id)))
  for (const name of ['ink', 'chalk', 'soot']) assert.equal((await admin.record(name)).card.name, name)
  house.close()
})

test('how often is counted with the files that are added; of one place five wait at most; what has no job goes after an hour', async () => {
  const house = await openTestStyles({ look, quotas: { ...usualQuotas, addsPerHour: 6 } })
  const { pictures, files } = await handedOver(5)
  const admin = house.admin({ files })
  const ids: string[] = []
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) ids.push((await admin.train({ name, pictures })).id)
  assert.equal((await refusal(admin.train({ name: 'a6', pictures }))).code, 'training-many')
  assert.ok(await house.admin({ files, space: 's2' }).train({ name: 'a6', pictures }))

  const { taught } = house.styles
  taught.sweep(new Set(ids.slice(0, 1)))
  assert.equal(trainings(house).length, 6)
  house.clock.nowMs += 3_600_001
  taught.sweep(new Set(ids.slice(0, 1)))
  assert.deepEqual(trainings(house), ids.slice(0, 1))
  assert.ok(existsSync(taught.find(ids[0]!).folder))

  for (let n = 0; n < 6; n++) await house.admin({ files: { 'upload:l': lora() } }).add({ name: `f${n}`, extend: false, file: loraFile })
  const quota = await refusal(house.admin({ files }).train({ name: 'a7', pictures }))
  assert.equal(quota.code, 'quota-hour')
  house.close()
})

const lora = (): Uint8Array => readFileSync(join(models, 'pocket/loras/anime.safetensors'))
const loraFile: Attachment = { url: 'upload:l', name: 'l.safetensors', bytes: 1 }

test('what a power cut left of a record keeps nobody from teaching, and is swept', async () => {
  const house = await openTestStyles({ look })
  const { pictures, files } = await handedOver(5)
  const admin = house.admin({ files })
  const { id } = await admin.train({ name: 'one', pictures })
  writeFileSync(join(house.folder, 'training', id, 'training.json'), '')
  await admin.train({ name: 'two', pictures })
  assert.equal(trainings(house).length, 2)
  house.styles.taught.sweep(new Set())
  assert.equal(trainings(house).length, 1)
})
