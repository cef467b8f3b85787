// Packed animations: what one run has drawn as one content of the store: the animation, and behind it each of its cells.

import type { Animation } from '../../../media/animation.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Drawn } from '../../render.ts'
import type { RunOutcome } from './messages/outcome.ts'

type DoneOutcome = Extract<RunOutcome, { kind: 'done' }>

export interface PackedAnimations {
  readonly bytes: Uint8Array
  /** What stands in the outcome beside the name of the content. */
  readonly about: Pick<DoneOutcome, 'cells'> & { readonly animation: Omit<DoneOutcome['animation'], 'sha256'> }
}

export function packAnimations({ animation, cells }: Pick<Drawn, 'animation' | 'cells'>): PackedAnimations {
  const bytes = Buffer.concat([animation.bytes, ...(cells ?? []).map((cell) => cell.animation.bytes)])
  const alone = cells?.map(({ animation: cell, note, closing }) => {
    return { ...aboutOf(cell), ...omitUndefined({ closing, note: note && { ...note, data: { ...note.data } } }) }
  })
  return { bytes, about: { animation: { ...aboutOf(animation), bytes: bytes.length }, ...omitUndefined({ cells: alone }) } }
}

/** Undefined where the bytes are not what is said of them. */
export function unpackAnimations(
  bytes: Uint8Array,
  { animation, cells }: Pick<DoneOutcome, 'animation' | 'cells'>,
): Pick<Drawn, 'animation' | 'cells'> | undefined {
  const own = bytes.length - (cells ?? []).reduce((sum, cell) => sum + cell.bytes, 0)
  if (own <= 0) return undefined
  const { sha256: _, ...about } = animation
  let at = own
  const alone = cells?.map(({ bytes: length, closing, note, ...cell }) => {
    at += length
    return { animation: { ...cell, bytes: bytes.subarray(at - length, at) }, ...omitUndefined({ note, closing }) }
  })
  return { animation: { ...about, bytes: bytes.subarray(0, own) }, ...omitUndefined({ cells: alone }) }
}

function aboutOf({ bytes, format, width, height, frames, fps }: Animation) {
  return { bytes: bytes.length, format, width, height, frames, fps }
}
