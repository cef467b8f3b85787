// A weighted sum, the one thing that samplers do to pictures.

/** a·x + b·y (+ c·z), summed in float64, in a new array. All of one length. */
export function weightedSum(a: number, x: Float32Array, b: number, y: Float32Array, c = 0, z?: Float32Array): Float32Array {
  const out = new Float32Array(x.length)
  if (z) for (let i = 0; i < out.length; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]!
  else for (let i = 0; i < out.length; i++) out[i] = a * x[i]! + b * y[i]!
  return out
}
