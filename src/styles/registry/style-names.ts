// Style names: what a style may be called, and when two names are the same.

import { UserError } from '../../errors.ts'

export const maxNameChars = 40

/** Equal for names that people take for the same. */
export const foldName = (name: string): string => name.normalize('NFKC').toLowerCase().trim()

/**
 * Letters and digits of any language, with spaces, dots, dashes and the like between them.
 * @throws UserError `style-name`, `style-name-reserved`
 */
export function checkStyleName(typed: string): string {
  const name = typed.normalize('NFKC').trim().replaceAll(/ +/g, ' ')
  if (name.length > maxNameChars || !/^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M} ._+-]*[\p{L}\p{N}\p{M}+])?$/u.test(name)) {
    const shown = name.slice(0, maxNameChars).replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    const sentence = `A style's name is up to ${maxNameChars} letters and digits, with - _ . or spaces between; not '${shown}'.`
    throw new UserError('style-name', sentence, { name: shown, max: maxNameChars })
  }
  if (reserved.has(foldName(name))) throw new UserError('style-name-reserved', `'${name}' means something else already.`, { name })
  return name
}

/** What `style:` understands besides names. */
const reserved = new Set(['none'])
