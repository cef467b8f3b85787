// Access control of styles: who may manage them, and which of them from where.

import type { Attachment } from '../../chat/contract/attachment.ts'
import { UserError } from '../../errors.ts'
import { type Owner, spaceOf } from '../../jobs/job.ts'
import type { StyleEntry } from '../registry/style-entry.ts'
import { type StyleRegistry, unknownStyle } from '../registry/style-registry.ts'

/** Whoever speaks, and where. */
export interface StyleManager {
  readonly owner: Owner
  /** Shown to others in the record. */
  readonly name: string
  /** An operator may change what ships and what others have added. */
  readonly asker: { readonly admin: boolean; readonly operator: boolean; readonly roles: readonly string[] }
  /** Roles or people who may manage styles here besides the admins. */
  readonly managers: () => Promise<readonly string[]>
  /** The platform's, where it has one. */
  readonly fetchFile?: (attachment: Attachment, signal: AbortSignal) => AsyncIterable<Uint8Array>
}

export interface StyleAccessParts {
  readonly registry: StyleRegistry
}

/** @throws UserError `not-a-style-manager` */
export async function checkManager({ owner, asker, managers }: StyleManager): Promise<void> {
  if (asker.admin) return
  if ((await managers()).some((id) => id === owner.person || asker.roles.includes(id))) return
  throw new UserError('not-a-style-manager', 'Styles are managed by the admins here and by those whom /settings managers names.')
}

/**
 * The style of this name, where this manager may change it.
 * @param find also those that were removed, where it is `registry.past`
 * @throws UserError `not-a-style-manager`, `unknown-style`, `style-built-in`, `style-elsewhere`
 */
export async function managedEntry(
  { registry }: StyleAccessParts,
  manager: StyleManager,
  name: string,
  find: StyleRegistry['find'] = registry.find,
): Promise<StyleEntry> {
  await checkManager(manager)
  await registry.refresh()
  const entry = find(name)
  const foreign = entry && entry.home !== spaceOf(manager.owner) && !manager.asker.operator
  // Elsewhere a style for admins is not even known.
  if (!entry || (foreign && entry.state === 'admins')) throw unknownStyle(name)
  if (!foreign) return entry
  if (entry.home === undefined)
    throw new UserError('style-built-in', `${entry.name} ships with the bot: its operator alone may change it.`, { name: entry.name })
  throw new UserError('style-elsewhere', `${entry.name} was added in another place, and is changed there.`, { name: entry.name })
}

/**
 * Of a change, what this manager may make of it: what all places are offered is the operator's to decide, so that nobody changes under
 * others what they use. Others change what their own place alone is offered.
 *
 * @param before absent: it is new
 * @throws UserError `style-everywhere`
 */
export function withinReach(before: StyleEntry | undefined, next: StyleEntry, { owner, asker }: StyleManager): StyleEntry {
  if (asker.operator) return next
  const widened = before?.spaces !== undefined && next.spaces === undefined
  const shared = before?.state === 'published' && before.spaces === undefined
  const withdrawn = next.state !== 'published' || next.spaces !== undefined
  if (widened || (shared && !withdrawn)) {
    const sentence = `What ${next.name} is everywhere is decided by the bot's operator; where:here makes it this place's own.`
    throw new UserError('style-everywhere', sentence, { name: next.name })
  }
  return next.spaces === undefined ? { ...next, spaces: [spaceOf(owner)] } : next
}
