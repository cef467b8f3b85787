// Training folders: what a style is to be learned from, and what has been learned so far, one folder a training. It outlives the process, and
// goes when the training has ended.
//   training.json  who asked for what
//   pictures/      as they came in, with captions beside them
//   style.safetensors, style.training/, cache/  as zoetrope train keeps them

import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../errors.ts'

const recordSchema = z.object({
  /** Of the style. */
  name: z.string(),
  /** Of the base model that it is learned on. */
  base: z.string(),
  word: z.string(),
  pictures: z.int(),
  about: z.string().exactOptional(),
  example: z.string(),
  here: z.boolean(),
  owner: z.object({ platform: z.string(), space: z.string(), person: z.string() }),
  manager: z.string(),
  operator: z.boolean(),
  atMs: z.number(),
})

export type TrainingRecord = Readonly<z.infer<typeof recordSchema>>

export interface TrainingFolders {
  /** For pictures to be put into; not there for others until it is recorded. */
  begin(): { readonly id: string; readonly pictures: string }
  record(id: string, record: TrainingRecord): void
  /** @throws UserError `training-gone` */
  find(id: string): TrainingRecord & { readonly folder: string; readonly out: string }
  /** That are recorded. */
  all(): readonly (TrainingRecord & { readonly id: string })[]
  forget(id: string): void
  /** Those of no job that are older than an hour. */
  sweep(live: ReadonlySet<string>, nowMs: number): void
}

const youngMs = 3_600_000
/** A folder this young may have no job yet: its name counts as taken. */
const acceptedMs = 10_000

/** What was refused after it was taken in has no job; what has just been taken in has none yet. @param jobs ids of trainings that wait or run */
export function trainingsUnderWay(folders: Pick<TrainingFolders, 'all'>, jobs: ReadonlySet<string> | undefined, nowMs: number) {
  return folders.all().filter(({ id, atMs }) => !jobs || jobs.has(id) || nowMs - atMs < acceptedMs)
}

export function openTrainingFolders(root: string): TrainingFolders {
  mkdirSync(root, { recursive: true })
  const fileIn = (id: string): string => join(root, id, 'training.json')
  const forget = (id: string): void => rmSync(join(root, id), { recursive: true, force: true, maxRetries: 3 })
  const begun = new Set<string>()

  /** Undefined also where a power cut has left half of it. */
  function read(id: string): TrainingRecord | undefined {
    if (!/^[0-9a-f-]{36}$/.test(id) || !existsSync(fileIn(id))) return undefined
    try {
      return recordSchema.parse(JSON.parse(readFileSync(fileIn(id), 'utf8')))
    } catch {
      return undefined
    }
  }

  return {
    begin() {
      const id = randomUUID()
      const pictures = join(root, id, 'pictures')
      mkdirSync(pictures, { recursive: true })
      begun.add(id)
      return { id, pictures }
    },
    record(id, record) {
      writeFileSync(`${fileIn(id)}.new`, JSON.stringify(record), { flush: true })
      renameSync(`${fileIn(id)}.new`, fileIn(id))
      begun.delete(id)
    },
    find(id) {
      const record = read(id)
      if (!record) throw new UserError('training-gone', 'The pictures that this was to be learned from are no longer there.')
      return { ...record, folder: join(root, id, 'pictures'), out: join(root, id, 'style.safetensors') }
    },
    all: () =>
      readdirSync(root).flatMap((id) => {
        const record = read(id)
        return record ? [{ ...record, id }] : []
      }),
    forget(id) {
      begun.delete(id)
      forget(id)
    },
    sweep(live, nowMs) {
      for (const id of readdirSync(root)) {
        if (live.has(id) || begun.has(id)) continue
        if (nowMs - (read(id)?.atMs ?? 0) > youngMs) forget(id)
      }
    },
  }
}
