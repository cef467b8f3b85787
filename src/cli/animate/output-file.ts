// The output file: where an animation is written, and how. In the format that its name says, whole or not at all.

import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, parse, sep } from 'node:path'
import { type Format, formats } from '../../animation-format.ts'
import { UserError } from '../../errors.ts'
import type { AnimationRequest } from '../../jobs/request.ts'

/** In the place of a path: standard input or standard output. */
export const standardStream = '-'

/** A folder, or what is written like one, gets the usual name inside. */
const isFolder = (out: string): boolean =>
  out.endsWith('/') || out.endsWith(sep) || (statSync(out, { throwIfNoEntry: false })?.isDirectory() ?? false)

/** @throws UserError `format` where --format and the end of --out disagree or say nothing that is known */
export function formatOf({ format, out }: { readonly format?: Format; readonly out?: string }): Format {
  const end = out === undefined || out === standardStream || isFolder(out) ? '' : parse(out).ext.slice(1).toLowerCase()
  const ends = formats.find((name) => name === end)
  if (out !== undefined && end !== '' && (!ends || (format && format !== ends))) {
    throw new UserError('format', `${out} should end in .${format ?? formats.join(', .')}.`, { out, format })
  }
  return format ?? ends ?? 'webp'
}

/** Where it will be written: known to be possible before anything is drawn. @throws UserError `not-written` */
export function placeFor(out: string | undefined, { seed, format }: Pick<AnimationRequest, 'seed' | 'format'>): string {
  if (out === standardStream) return out
  const usual = out === undefined ? 'out' : isFolder(out) ? out : undefined
  const wanted = usual === undefined ? out! : free(join(usual, `zoetrope-${seed}`), format)
  const path = parse(wanted).ext === '' ? `${wanted}.${format}` : wanted
  return writing(path, () => {
    const folder = parse(path).dir || '.'
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return path
  })
}

/** A file appears whole or not at all. @throws UserError `not-written` */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const part = `${path}.part`
  try {
    writing(path, () => {
      writeFileSync(part, bytes)
      renameSync(part, path)
    })
  } finally {
    rmSync(part, { force: true })
  }
}

function writing<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code)
    throw new UserError('not-written', `${path} cannot be written: ${reasons[code] ?? code}.`, { path, code }, { cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EACCES: 'it may not be written there',
  EROFS: 'it may not be written there',
  ENOTDIR: 'a file stands where a folder should be',
  EEXIST: 'a file stands where a folder should be',
  EISDIR: 'it is a folder',
}

/** Nothing that was drawn before is overwritten. */
function free(stem: string, end: string): string {
  for (let i = 1; ; i++) {
    const path = `${stem}${i === 1 ? '' : `-${i}`}.${end}`
    if (!existsSync(path)) return path
  }
}
