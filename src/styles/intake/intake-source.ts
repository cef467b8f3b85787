// Intake sources: an attachment, a URL, a path on this host or a file on the model hub, read from what a manager typed.

import { basename } from 'node:path'
import type { Attachment } from '../../chat/contract/attachment.ts'
import { UserError } from '../../errors.ts'
import { hubFileOf, resolveUrl } from '../download/hub-address.ts'
import { sanitizeText } from './sanitize.ts'

/** Exactly one is named. */
export interface NamedSource {
  readonly file?: Attachment
  readonly url?: string
  readonly path?: string
  readonly hub?: string
}

export type IntakeSource = {
  /** As it was named, for the record. */
  readonly source: string
  /** What it is called, for people. */
  readonly name: string
} & (
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly file: Attachment }
  | { readonly kind: 'path'; readonly path: string }
)

/**
 * @param endpoint of the model hub
 * @throws UserError `style-source`, `hub-name`
 */
export function intakeSource({ file, url, path, hub }: NamedSource, endpoint: string): IntakeSource {
  const given = [file, url, path, hub].filter((source) => source !== undefined).length
  if (given !== 1) {
    throw new UserError('style-source', `One of file, url, path and hub says where the style comes from; ${given} were given.`, { given })
  }
  const called = (name: string): string => sanitizeText(name, 100) || 'the file'
  if (file) return { kind: 'file', file, source: `file:${called(file.name)}`, name: called(file.name) }
  if (path !== undefined) return { kind: 'path', path, source: `path:${called(path)}`, name: called(basename(path)) }
  if (hub !== undefined) {
    const hubFile = hubFileOf(hub)
    return { kind: 'url', url: resolveUrl(endpoint, hubFile), source: `hub:${called(hub)}`, name: called(basename(hubFile.file)) }
  }
  // Without what is behind '?': signed addresses hold secrets, and the record is shown.
  const [address = ''] = url!.split(/[?#]/)
  return { kind: 'url', url: url!, source: sanitizeText(address, 300), name: called(basename(address)) }
}
