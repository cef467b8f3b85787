// A transposition of two axes: AnimateDiff has latents as [B, C, F, h, w], our nets take [(B F), C, h, w].

/** Values [outer, a, b, inner] → [outer, b, a, inner]. */
export function swapAxes(values: Float32Array, [outer, a, b, inner]: readonly [number, number, number, number]): Float32Array {
  if (values.length !== outer * a * b * inner) throw new Error(`${values.length} values for [${outer}, ${a}, ${b}, ${inner}]`)
  const out = new Float32Array(values.length)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        const from = ((o * a + i) * b + j) * inner
        out.set(values.subarray(from, from + inner), ((o * b + j) * a + i) * inner)
      }
    }
  }
  return out
}
