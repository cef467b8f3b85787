// Cross-fade: a clip that does not loop by itself, drawn longer than it is shown.
// F frames, k more

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
