// Fields that several messages share. Whoever says them, their sizes are bounded.

import { z } from 'zod'
import type { TrainingSnapshot } from '../../../training/training-snapshot.ts'

export const name = z.string().min(1).max(200)
export const count = z.number().int().nonnegative()
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** A name within a folder: no way out of it, on no system. */
const relativePath = z
  .string()
  .max(300)
  .regex(/^[\w+ ()@=,.-]+(?:\/[\w+ ()@=,.-]+)*$/, 'a relative path')
  .refine((path) => path.split('/').every((part) => !/^\.+$/.test(part)), 'a path without dots alone')

/** Ids of hosts and runs: they become part of keys. */
export const hostId = z.string().regex(/^[a-z0-9-]{1,80}$/)
export const runId = z.string().regex(/^[\w-]{1,60}\.\d{1,3}$/)

const filesOfFolder = z.array(z.object({ path: relativePath, sha256, bytes: count })).max(1000)

export const fileContentSchema = z
  .object({ name: z.string().min(1).max(255), sha256, bytes: count, files: filesOfFolder.exactOptional() })
  .strict()

export const snapshotSchema: z.ZodType<TrainingSnapshot> = fileContentSchema.extend({ files: filesOfFolder })
