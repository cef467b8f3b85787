// Files of a GPU host: installed, kept from before, or fetched; and nothing opened that is not what its name says.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { type HostFiles, MissingFiles, openHostFiles } from '../../../../src/render/bullmq/host/host-files.ts'
import { createFolderContentStore } from '../../../../src/render/content-store/folder-content-store.ts'
import { createFileContents, type FileContent } from '../../../../src/render/file-contents.ts'
import { type PortableRecipe, toPortable } from '../../../../src/render/portable-recipe.ts'
import { temporaryFolder } from '../../../store/folder.ts'
import { smallRecipe } from '../../small-recipe.ts'

const folder = temporaryFolder()
const contents = createFileContents()
const { signal } = new AbortController()

function made(name: string, bytes: Buffer = randomBytes(1000)): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

let homes = 0

async function openHome(places: readonly string[], maxCacheBytes = 1e9) {
  const home = join(folder, `home${homes++}`)
  const shared = join(home, 'shared')
  const store = createFolderContentStore(shared)
  const files = await openHostFiles(() => places, contents, { store, cacheFolder: join(home, 'sent'), maxCacheBytes })
  const send = async (path: string) => {
    const { sha256, bytes, files: parts } = await contents.of(path)
    const sent = parts ? parts.map((part) => ({ ...part, path: join(path, part.path) })) : [{ sha256, bytes, path }]
    for (const { path: from, ...content } of sent)
      await store.put(
        content,
        async function* () {
          yield readFileSync(from)
        },
        60_000,
      )
  }
  return { files, send, shared, cache: join(home, 'sent') }
}

const recipeOf = (checkpoint: string): Promise<PortableRecipe> =>
  toPortable({ ...smallRecipe(), model: { checkpoint, loras: [] } }, contents.of)

async function pathIn(files: HostFiles, recipe: PortableRecipe): Promise<string> {
  const used = await files.use(recipe, signal)
  used.release()
  return used.recipe.model.checkpoint
}

test('what is installed while the host runs is there at its next look, and what is removed is not', async () => {
  const places = [made('first.safetensors', randomBytes(100))]
  const { files } = await openHome(places)
  const first = files.installed()
  places[0] = made('second.safetensors', randomBytes(100))
  assert.deepEqual(files.installed(), first)
  await files.look()
  assert.equal(files.installed().length, 1)
  assert.equal(await pathIn(files, await recipeOf(places[0])), places[0])
})

test('what is installed is used where it lies, whatever it is called there', async () => {
  const bytes = randomBytes(500)
  const [ours, theirs] = [made('ours.safetensors', bytes), made('theirs.safetensors', bytes)]
  const { files, cache } = await openHome([ours])
  assert.equal(await pathIn(files, await recipeOf(theirs)), ours)
  assert.deepEqual(files.installed(), [createHash('sha256').update(bytes).digest('hex')])
  assert.deepEqual(readdirSync(cache), ['.partial'])
})

test('what was sent is fetched once, keeps the letters of its name, and is there at the next start', async () => {
  const style = made('A style (v2).safetensors')
  const { files, send, shared, cache } = await openHome([])
  await send(style)
  const recipe = await recipeOf(style)
  const [one, two] = await Promise.all([pathIn(files, recipe), pathIn(files, recipe)])
  assert.equal(one, two)
  assert.equal(basename(one), 'file-A-style-v2-.safetensors')
  assert.deepEqual(readFileSync(one), readFileSync(style))
  const again = await openHostFiles(() => [], contents, {
    store: createFolderContentStore(join(shared, 'empty')),
    cacheFolder: cache,
    maxCacheBytes: 1e9,
  })
  assert.equal(await pathIn(again, recipe), one)
  const renamed = { ...recipe, model: { ...recipe.model, checkpoint: { ...recipe.model.checkpoint, name: 'photonLCM.safetensors' } } }
  assert.equal(basename(await pathIn(again, renamed)), 'file-photonLCM.safetensors', 'a name may say what no tensor does')
})

test('a folder is put together from what is installed and what is fetched', async () => {
  const model = join(folder, 'model')
  mkdirSync(join(model, 'unet'), { recursive: true })
  writeFileSync(join(model, 'unet', 'weights.safetensors'), randomBytes(2000))
  writeFileSync(join(model, 'words.json'), '{}')
  const installed = made('same.safetensors', readFileSync(join(model, 'unet', 'weights.safetensors')))
  const { files, send } = await openHome([installed])
  await send(model)
  const recipe = await recipeOf(model)
  const path = await pathIn(files, recipe)
  assert.deepEqual(readFileSync(join(path, 'unet', 'weights.safetensors')), readFileSync(installed))
  assert.equal((await contents.of(path)).sha256, recipe.model.checkpoint.sha256)
})

test('what was not sent, is damaged, or is longer than it should be is said to be missing, and nothing of it is kept', async () => {
  const style = made('wrong.safetensors')
  const { files, send, shared, cache } = await openHome([])
  const recipe = await recipeOf(style)
  await assert.rejects(pathIn(files, recipe), MissingFiles)
  await send(style)
  const { sha256 } = recipe.model.checkpoint
  for (const wrong of [randomBytes(1000), randomBytes(10), randomBytes(5000)]) {
    writeFileSync(join(shared, sha256.slice(0, 2), sha256), wrong)
    await assert.rejects(pathIn(files, recipe), MissingFiles)
    assert.deepEqual(readdirSync(cache), ['.partial'])
    assert.deepEqual(readdirSync(join(cache, '.partial')), [])
  }
})

test('an installed file that has become another is not used for what it was', async () => {
  const style = made('changing.safetensors')
  const recipe = await recipeOf(made('copy.safetensors', readFileSync(style)))
  const { files, send } = await openHome([style])
  assert.equal(await pathIn(files, recipe), style)
  await new Promise((resolve) => setTimeout(resolve, 20))
  writeFileSync(style, randomBytes(1000))
  await send(join(folder, 'copy.safetensors'))
  assert.notEqual(await pathIn(files, recipe), style)
})

test('the cache stays within its bound: what was used longest ago goes, what is in use stays', async () => {
  const styles = [0, 1, 2, 3].map((n) => made(`bound${n}.safetensors`))
  const { files, send, cache } = await openHome([], 2500)
  const recipes = await Promise.all(styles.map(recipeOf))
  for (const style of styles) await send(style)
  const held = await files.use(recipes[0]!, signal)
  for (const recipe of recipes.slice(1)) {
    await pathIn(files, recipe)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const kept = readdirSync(cache).filter((name) => name !== '.partial')
  assert.deepEqual(kept.sort(), [recipes[0]!, recipes[3]!].map(({ model }) => model.checkpoint.sha256).sort())
  assert.ok(existsSync(held.recipe.model.checkpoint))
  held.release()
})

test('a name that leads elsewhere is no name', async () => {
  const style = made('plain.safetensors')
  const { files, send } = await openHome([])
  await send(style)
  const recipe = await recipeOf(style)
  const checkpoint: FileContent = { ...recipe.model.checkpoint, name: '../../../etc/cron.d/x.y/../z' }
  const path = await pathIn(files, { ...recipe, model: { ...recipe.model, checkpoint } })
  assert.equal(basename(path), 'file-z')
})
