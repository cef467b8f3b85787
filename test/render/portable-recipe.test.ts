// Recipes that leave this host: files named by content, found again elsewhere.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserError } from '../../src/errors.ts'
import { pocket } from '../../src/paths.ts'
import { orderSchema } from '../../src/render/bullmq/protocol/messages/order.ts'
import { createFileContents, type FileContent } from '../../src/render/file-contents.ts'
import { toLocal, toPortable } from '../../src/render/portable-recipe.ts'
import type { Recipe } from '../../src/render/recipe.ts'
import { temporaryFolder } from '../store/folder.ts'
import { smallRecipe } from './small-recipe.ts'

const folder = temporaryFolder()
const digestOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

test('a file is named by its digest, size and ending', async () => {
  const file = join(pocket, 'loras/anime.safetensors')
  assert.deepEqual(await createFileContents().of(file), { name: 'anime.safetensors', sha256: digestOf(file), bytes: statSync(file).size })
})

test('a model’s folder is named by the files that a model is read from, and by nothing else in it', async () => {
  const contents = createFileContents()
  const { files, sha256, bytes } = await contents.of(pocket)
  assert.ok(files)
  const unet = 'unet/diffusion_pytorch_model.safetensors'
  assert.equal(files.find(({ path }) => path === unet)!.sha256, digestOf(join(pocket, unet)))
  assert.ok(files.some(({ path }) => path === 'words.json'))
  assert.ok(!files.some(({ path }) => path.startsWith('loras/')))
  assert.equal(
    bytes,
    files.reduce((sum, file) => sum + file.bytes, 0),
  )

  const copy = join(folder, 'a copy')
  cpSync(pocket, copy, { recursive: true })
  rmSync(join(copy, 'loras'), { recursive: true })
  assert.equal((await contents.of(copy)).sha256, sha256)
  writeFileSync(join(copy, 'words.json'), '{}')
  assert.notEqual((await contents.of(copy)).sha256, sha256)
})

test('a file is read once, and again when it has changed', async () => {
  const contents = createFileContents()
  const path = join(folder, 'changing.safetensors')
  const seconds = 1_700_000_000
  const write = (text: string, changedS: number) => {
    writeFileSync(path, text)
    utimesSync(path, changedS, changedS)
  }
  write('one', seconds)
  const { sha256 } = await contents.of(path)
  // As long and as old: nothing tells that it is another, so that only reading it would.
  write('two', seconds)
  assert.equal((await contents.of(path)).sha256, sha256)
  write('two', seconds + 1)
  assert.equal((await contents.of(path)).sha256, createHash('sha256').update('two').digest('hex'))
})

test('what is not there is refused with its path', async () => {
  const path = join(folder, 'nowhere.ckpt')
  await assert.rejects(createFileContents().of(path), (error) => error instanceof UserError && error.data['path'] === path)
})

test('every file of a recipe is named by content, and found again on a host where it lies elsewhere', async () => {
  const here: Recipe = {
    ...smallRecipe(),
    model: {
      checkpoint: pocket,
      motion: join(pocket, 'motion'),
      vae: join(pocket, 'vae/diffusion_pytorch_model.safetensors'),
      control: join(pocket, 'unet'),
      loras: [
        { file: join(pocket, 'loras/anime.safetensors'), strength: 0.5, merged: true },
        { file: join(pocket, 'loras/sepia.safetensors'), strength: 1 },
      ],
      embeddings: [{ file: join(pocket, 'defaults.json'), word: '<word>' }],
    },
    earlier: join(pocket, 'ball.webp'),
    pictures: [join(pocket, 'ball.webp'), join(pocket, 'words.json')],
    scale: 2,
  }
  const portable = JSON.parse(JSON.stringify(await toPortable(here, createFileContents().of)))
  assert.ok(!JSON.stringify(portable).includes(pocket), 'no path of this host leaves it')
  const order = { run: '1.1', host: 'there', kind: 'render', recipe: portable }
  assert.deepEqual(orderSchema.parse(order), order)

  const there = join(folder, 'there')
  mkdirSync(there)
  const pathOf = async ({ sha256 }: FileContent) => join(there, sha256)
  const local = await toLocal(portable, pathOf)
  const at = async (path: string) => join(there, (await createFileContents().of(path)).sha256)
  const { checkpoint, motion, vae, control, loras, embeddings } = here.model
  assert.deepEqual(local, {
    ...here,
    earlier: await at(here.earlier!),
    pictures: [await at(here.pictures![0]!), await at(here.pictures![1]!)],
    model: {
      checkpoint: await at(checkpoint),
      motion: await at(motion!),
      vae: await at(vae!),
      control: await at(control!),
      loras: [
        { file: await at(loras[0]!.file), strength: 0.5, merged: true },
        { file: await at(loras[1]!.file), strength: 1 },
      ],
      embeddings: [{ file: await at(embeddings![0]!.file), word: '<word>' }],
    },
  })
  await assert.rejects(
    toLocal(portable, async ({ name }) => assert.fail(`this host has no ${name}`)),
    /this host has no pocket/,
  )
})

test('a model that names few files stays so', async () => {
  const local = await toLocal(await toPortable(smallRecipe(), createFileContents().of), async () => pocket)
  assert.deepEqual(local, smallRecipe())
})
