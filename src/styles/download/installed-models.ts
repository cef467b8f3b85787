// Installed models: which lie in the folder that they are pulled to, whoever put them there, and what is known of those that were pulled.

import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Identity } from '../../engine/checkpoint/identify/identify.ts'
import { UserError } from '../../errors.ts'

export interface InstalledModel {
  /** Its file's name. */
  readonly file: string
  readonly path: string
  readonly bytes: number
  /** Told from its content; `refused` where nothing can be done with it. */
  readonly kind: Identity['kind']
  readonly record?: PullRecord
}

const recorded = z.object({
  name: z.string(),
  source: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  commit: z.string().optional(),
  license: z.string().optional(),
  pulledAtMs: z.number(),
})

export type PullRecord = z.infer<typeof recorded>

const recordFile = 'pulled.json'

/** @param kindOf reads a table of contents and nothing else */
export function installedModels(folder: string, kindOf: (path: string) => Identity['kind']): InstalledModel[] {
  const records = readRecords(folder)
  return filesIn(folder).map((file) => {
    const path = join(folder, file)
    const record = records[file]
    return { file, path, bytes: statSync(path).size, kind: kindOf(path), ...(record && { record }) }
  })
}

/** A file, or a link to one; whatever ends in .part is still coming in. */
function filesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  const weights = readdirSync(folder).filter((name) => /\.(safetensors|ckpt|pt|pth|bin)$/i.test(name))
  return weights.filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile()).sort()
}

export function readRecords(folder: string): Readonly<Record<string, PullRecord>> {
  const path = join(folder, recordFile)
  if (!statSync(path, { throwIfNoEntry: false })) return {}
  try {
    return z.record(z.string(), recorded).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new UserError(
      'records-damaged',
      `${path} cannot be read; delete it, and pull again what should be verified.`,
      { path },
      { cause },
    )
  }
}

/** @param record undefined forgets */
export function writeRecord(folder: string, file: string, record: PullRecord | undefined): void {
  const { [file]: _, ...others } = readRecords(folder)
  const path = join(folder, recordFile)
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...others, ...(record && { [file]: record }) }, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}

export function removeModel(folder: string, { file, path, record }: InstalledModel): void {
  rmSync(path)
  if (record) writeRecord(folder, file, undefined)
}
