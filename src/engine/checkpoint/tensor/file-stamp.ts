// A file stamp: tells whether a file is still the one that was read, by its place, its length and when it was written. Contents would take
// seconds to hash.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Folders in a model's folder that something is read from. */
const inner = new Set(['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler', 'motion'])

/** Differs where anything differs; for a model's folder, of any file in it and in the folders of its parts. '-' for what is not there. */
export function fileStamp(path: string): string {
  return [...filesOfModel(path), ...besideIt(path)].map(stampOf).sort().join('\n')
}

/** What else is read for a file: the configuration of its folder, and of a checkpoint. */
function besideIt(path: string): string[] {
  if (isFolder(path)) return []
  const places = ['config.json', 'adapter_config.json'].map((name) => join(dirname(path), name))
  return [...places, ...yamlsBeside(path)].filter((file) => file !== path && existsSync(file))
}

/** Where a checkpoint's own configuration may lie. */
export const yamlsBeside = (path: string): string[] =>
  ['.yaml', '.yml'].map((ending) => path.replace(/\.[^./\\]*$/, ending)).filter((file) => file !== path)

/** What is read from: every file in a model's folder and in the folders of its parts. A file, or what is not there, is itself. */
export function filesOfModel(path: string): string[] {
  if (!isFolder(path)) return [path]
  return readdirSync(path).flatMap((name) => {
    const within = join(path, name)
    return inner.has(name) || !isFolder(within) ? filesOfModel(within) : []
  })
}

function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${realpathSync(path)}:${stat.size}:${stat.mtimeNs}` : '-'
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
