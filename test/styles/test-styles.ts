// Test styles: real folders, the engine's real inspection and two small base models; only what is drawn is a picture that is there.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Keyv from 'keyv'
import type { Attachment } from '../../src/chat/contract/attachment.ts'
import type { StyleAdmin } from '../../src/chat/contract/style-admin.ts'
import { inspect, modelDefaults } from '../../src/engine/index.ts'
import { UserError } from '../../src/errors.ts'
import type { Recipe } from '../../src/render/recipe.ts'
import type { BaseModel } from '../../src/styles/catalog/base-models.ts'
import { builtInStyles } from '../../src/styles/registry/built-in-styles.ts'
import type { HistoryRecord } from '../../src/styles/registry/style-history.ts'
import { createStyles, type Styles, type StylesOptions } from '../../src/styles/styles.ts'

export const models = join(import.meta.dirname, '../../models')
export const tiny = join(import.meta.dirname, '../fixtures/tiny')
const ball = readFileSync(join(import.meta.dirname, '../fixtures/ball.webp'))

/** The styles that ship, and what else there is, as they are listed. */
export const withBuiltIn = (...others: readonly string[]): string[] =>
  [...builtInStyles(models).map(({ name }) => name), ...others].toSorted((a, b) => a.localeCompare(b, 'en'))

export const pocketBase: BaseModel = {
  name: 'pocket',
  files: { checkpoint: join(models, 'pocket'), motion: join(models, 'pocket/motion'), loras: [] },
  example: 'a red ball bouncing in a meadow',
}

/** Another base, of other widths: four levels, text of width 32. */
export const tinyBase: BaseModel = {
  name: 'tiny',
  files: { checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v2.safetensors'), loras: [] },
  example: 'a cat',
}

export interface TestStyles {
  readonly styles: Styles
  readonly folder: string
  readonly space: Keyv<HistoryRecord>
  readonly blobs: Map<string, Uint8Array>
  /** What was drawn. */
  readonly drawn: Recipe[]
  /** Of styles; a file may be put there for `path:`. */
  readonly hostFolder: string
  /** Moves by what it is set to. */
  readonly clock: { nowMs: number }
  admin(who?: Partial<TestManager>): StyleAdmin
  /** Every file in the folder of styles. */
  files(): string[]
  /** The same folder and records, opened by the next process. */
  reopen(): Promise<TestStyles>
  close(): void
}

export interface TestManager {
  readonly person: string
  readonly space: string
  readonly platform: string
  readonly admin: boolean
  readonly roles: readonly string[]
  readonly managers: readonly string[]
  /** What attachments hold, by their address; absent: they are downloaded. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

export async function openTestStyles(options: Partial<StylesOptions> = {}): Promise<TestStyles> {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-styles-'))
  mkdirSync(join(root, 'models'))
  return testStylesIn(root, new Keyv<HistoryRecord>(), new Map(), { nowMs: 1_700_000_000_000 }, options)
}

async function testStylesIn(
  root: string,
  space: Keyv<HistoryRecord>,
  blobs: Map<string, Uint8Array>,
  clock: { nowMs: number },
  options: Partial<StylesOptions>,
): Promise<TestStyles> {
  const drawn: Recipe[] = []
  const folder = join(root, 'styles')
  const styles = await createStyles({
    space,
    blobs: {
      put: async (name, bytes) => void blobs.set(name, bytes),
      get: async (name) => blobs.get(name),
      pathOf: async () => undefined,
      delete: async (name) => void blobs.delete(name),
      all: async function* () {
        for (const [name, { length: bytes }] of blobs) yield { name, bytes, writtenMs: 0 }
      },
    },
    folder,
    models,
    bases: [pocketBase, tinyBase],
    modelDefaults,
    // In this thread: test/engine/pipeline/inspect/inspect.test.ts has the one of its own.
    inspect: async (path, how) => inspect(path, how),
    draw: async (recipe) => {
      drawn.push(recipe)
      return { animation: { bytes: ball, format: 'webp', width: 256, height: 256 } }
    },
    nowMs: () => clock.nowMs,
    hostFolders: [join(root, 'models')],
    ...options,
  })
  return {
    styles,
    folder,
    space,
    blobs,
    drawn,
    hostFolder: join(root, 'models'),
    clock,
    admin({ person = 'ann', space = 's1', platform = 'discord', admin = true, roles = [], managers = [], files } = {}) {
      const fetchFile = files && ((attachment: Attachment) => pieces(files[attachment.url]!))
      const owner = { platform, space, person }
      return styles.admin({
        owner,
        name: person,
        asker: { admin, operator: platform === 'web', roles },
        managers: async () => managers,
        ...(fetchFile && { fetchFile }),
      })
    },
    files: () => ['files', 'incoming'].flatMap((inner) => readdirSync(join(folder, inner)).map((name) => `${inner}/${name}`)),
    reopen: () => testStylesIn(root, space, blobs, clock, options),
    close: () => rmSync(root, { recursive: true }),
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** A file as a chat hands it over. */
export function attached(bytes: Uint8Array, name = 'look.safetensors'): { file: Attachment; files: Record<string, Uint8Array> } {
  const url = `upload:${name}`
  return { file: { url, name, bytes: bytes.length }, files: { [url]: bytes } }
}

/** What is said of it. */
export const animeAbout = builtInStyles(models).find(({ name }) => name === 'anime')!.files[0]!.about
export const animeLora = (): Uint8Array => readFileSync(join(models, 'pocket/loras/anime.safetensors'))

/** The refusal of what should not happen. */
export async function refusal(call: Promise<unknown>): Promise<UserError> {
  const done = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (done instanceof UserError) return done
  throw done ?? new Error('it was not refused')
}
