// Where a model lies that was named on the command line: a path, or the name under which `models pull` installed it.

import { existsSync } from 'node:fs'
import { basename, parse, resolve } from 'node:path'
import { UserError } from '../../errors.ts'
import type { InstalledModel } from '../../styles/download/installed-models.ts'
import type { PublishedModel } from '../../styles/download/published-models.ts'

export interface NamedModels {
  readonly installed: readonly InstalledModel[]
  readonly published: readonly PublishedModel[]
  /** What stands before `models pull …`. */
  readonly prefix: string
}

/** A file that is there goes before a model of that name. @throws UserError `model-not-installed`, `file-missing` */
export function modelPath(named: string, { installed, published, prefix }: NamedModels): string {
  if (existsSync(named)) return resolve(named)
  const found = installedAs(named, installed, published)
  if (found) return found.path
  const known = published.find(({ name, file }) => name === named.toLowerCase() || basename(file) === named)
  if (known) {
    const sentence = `${named} is not installed: ${prefix} models pull ${known.name}`
    throw new UserError('model-not-installed', sentence, { name: named })
  }
  const sentence = `There is no file ${named}, and no installed model of that name: ${prefix} models list`
  throw new UserError('file-missing', sentence, { file: named })
}

/** By the name it was pulled under, the name of its file, or that without its ending. */
export function installedAs(
  named: string,
  installed: readonly InstalledModel[],
  published: readonly PublishedModel[],
): InstalledModel | undefined {
  const file = published.find(({ name }) => name === named.toLowerCase())?.file
  return (
    installed.find(
      (model) => model.record?.name === named || model.file === named || (file !== undefined && model.file === basename(file)),
    ) ?? installed.find((model) => parse(model.file).name === named)
  )
}
