// Fuzzy search over styles: which ones somebody means who has typed a part of a name.

import { foldName } from '../registry/style-names.ts'
import type { Style } from './style.ts'

/** Best match first, then by name; everything for ''. */
export function searchStyles<S extends Pick<Style, 'name' | 'aliases' | 'about'>>(styles: readonly S[], typed: string, limit: number): S[] {
  const wanted = foldName(typed)
  return styles
    .map((style) => ({ style, rank: wanted === '' ? 0 : rankOf(style, wanted) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.style.name.localeCompare(b.style.name, 'en'))
    .slice(0, limit)
    .map(({ style }) => style)
}

/** The lower, the better. A name counts before an alias of the same likeness. */
function rankOf({ name, aliases, about }: Pick<Style, 'name' | 'aliases' | 'about'>, wanted: string): number {
  const ranks = [name, ...aliases].map((called, i) => likeness(foldName(called), wanted) + (i === 0 ? 0 : 0.5))
  return Math.min(...ranks, foldName(about).includes(wanted) ? 5 : Infinity)
}

function likeness(name: string, wanted: string): number {
  if (name === wanted) return 0
  if (name.startsWith(wanted)) return 1
  if (name.split(/[^\p{L}\p{N}\p{M}]+/u).some((word) => word.startsWith(wanted))) return 2
  if (name.includes(wanted)) return 3
  return inOrder(name, wanted) ? 4 : Infinity
}

/** Every letter that was typed is there in this order: 'sdia' finds 'studio-diagram'. */
function inOrder(name: string, wanted: string): boolean {
  let at = 0
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}
