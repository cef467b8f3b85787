// Published models that are known to work, with where they lie: models/catalog.json. What people name in `models pull`.

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../errors.ts'
import { hubFileOf } from './hub-address.ts'

const listed = z.object({
  name: z.string().regex(/^[a-z0-9-]+$/),
  kind: z.enum(['checkpoint', 'vae', 'motion', 'lora', 'motion-lora']),
  about: z.string(),
  /** owner/repo on the hub. */
  repo: z.string(),
  file: z.string(),
  /** Absent: its page states it. */
  license: z.string().optional(),
  /** About. */
  megabytes: z.int().optional(),
  /** Of the file as it was published; absent: the hub's own are believed. */
  bytes: z.int().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Others that it is of no use without. */
  needs: z.array(z.string()).optional(),
})

export type PublishedModel = z.infer<typeof listed>

/** @param models the folder models/ that ships */
export function readPublishedModels(models: string): readonly PublishedModel[] {
  return z.array(listed).parse(JSON.parse(readFileSync(join(models, 'catalog.json'), 'utf8')))
}

/** What to pull: a published one by name, or any file of the hub as owner/repo/file. */
export interface HubModel extends Pick<PublishedModel, 'repo' | 'file' | 'license' | 'bytes' | 'sha256'> {
  readonly name: string
  readonly revision: string
}

/** @throws UserError `unknown-model`, `hub-name` */
export function wantedModel(named: string, published: readonly PublishedModel[]): HubModel {
  const known = published.find(({ name, file }) => name === named.toLowerCase() || basename(file) === named)
  if (known) return { ...known, revision: 'main' }
  if (named.split('/').length > 2) return { name: named, ...hubFileOf(named) }
  const names = published.map(({ name }) => name).join(', ')
  throw new UserError('unknown-model', `There is no model '${named}'. There are: ${names}; or any file of the hub as owner/repo/file.`, {
    name: named,
  })
}
