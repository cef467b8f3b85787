// Two ways to close a clip that does not loop by itself. A net that is drawn in closed windows needs neither.
// F frames

/** What stands in the place of each frame when n frames are played forth and back, no end twice: 0 … n − 1 … 1. */
export const pingPong = (n: number): number[] => [
  ...Array.from({ length: n }, (_, i) => i),
  ...Array.from({ length: Math.max(0, n - 2) }, (_, i) => n - 2 - i),
]

/**
 * The clip's last frames fade into its first: latents [F + k, …] → [F, …]. Frame F, which follows the last one that stays, is nearly all of
 * the new first frame, and each after it has a little less.
 * @param k at most F
 */
export function crossFade(latents: Float32Array, frames: number, k: number): Float32Array {
  const each = latents.length / (frames + k)
  const out = latents.slice(0, frames * each)
  for (let n = 0; n < k; n++) {
    const old = (k - n) / (k + 1)
    for (let i = n * each; i < (n + 1) * each; i++) out[i] = old * latents[frames * each + i]! + (1 - old) * latents[i]!
  }
  return out
}
