// Prompt travel: a text for every frame, blended of the texts at some of them.
// F frames  L tokens  D token width

import type { Interpolation } from '../../draw-settings.ts'
import type { Blend } from '../../text/keyframes.ts'
import type { Window } from './windows.ts'

/** What the nets are told over a clip: one text [L, D], or one that changes. */
export type ClipText = Float32Array | TravellingText

export interface TravellingText {
  /** [L, D] each */
  readonly keys: readonly Float32Array[]
  /** [F] */
  readonly blends: readonly Blend[]
  readonly interpolation: Interpolation
}

/**
 * The texts of a window's frames: [c, L, D].
 * @param text one that does not change is given to every frame
 */
export function textsOf(text: ClipText, window: Window): Float32Array {
  if (text instanceof Float32Array) {
    const out = new Float32Array(window.length * text.length)
    for (const n of window.keys()) out.set(text, n * text.length)
    return out
  }
  const { keys, blends, interpolation } = text
  const size = keys[0]!.length
  const out = new Float32Array(window.length * size)
  for (const [n, frame] of window.entries()) {
    const { from, to, t } = blends[frame]!
    const [a, b] = [keys[from]!, keys[to]!]
    const [wa, wb] = from === to ? [1, 0] : shares[interpolation](a, b, t)
    for (let i = 0; i < size; i++) out[n * size + i] = wa * a[i]! + wb * b[i]!
  }
  return out
}

/** The weights of two texts that lie `t` apart. */
export const shares: Readonly<Record<Interpolation, (a: Float32Array, b: Float32Array, t: number) => [number, number]>> = {
  lerp: (_a, _b, t) => [1 - t, t],
  /**
   * Along the arc between them: the angle is that of whole texts, not of tokens, and their lengths stay what they are. Nearly parallel ones
   * go straight (animatediff-cli-prompt-travel and sd-webui-animatediff).
   */
  slerp(a, b, t) {
    const cosine = cosineOf(a, b)
    if (!(Math.abs(cosine) <= 0.9995)) return [1 - t, t]
    const angle = Math.acos(cosine)
    return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)]
  },
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!
    aa += a[i]! ** 2
    bb += b[i]! ** 2
  }
  return ab / Math.sqrt(aa * bb)
}
