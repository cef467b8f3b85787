// Prompt emphasis, as AUTOMATIC1111's web UI calls "Original": what CLIP says of a token is multiplied by the token's weight,
// and then the whole chunk is scaled so that its mean is what it was.

import { chunkLength } from './chunks.ts'

/**
 * @param hidden [L·k, D], k chunks concatenated
 * @param weights [L·k]
 * @param length L of a chunk
 * @returns a new array of hidden's shape
 */
export function applyEmphasis(hidden: Float32Array, weights: Float32Array, length: number = chunkLength): Float32Array {
  const width = hidden.length / weights.length
  if (!Number.isInteger(width) || weights.length % length !== 0) {
    throw new Error(`expected hidden [${length}·k, D] and weights [${length}·k], got ${hidden.length} and ${weights.length} values`)
  }
  const weighted = hidden.slice()
  for (let from = 0; from < weights.length; from += length) {
    const rows = weights.subarray(from, from + length)
    if (rows.every((weight) => weight === 1)) continue
    const chunk = weighted.subarray(from * width, (from + length) * width)
    const before = sum(chunk)
    for (let i = 0; i < chunk.length; i++) chunk[i]! *= rows[Math.floor(i / width)]!
    const ratio = before / sum(chunk)
    if (Number.isFinite(ratio)) for (let i = 0; i < chunk.length; i++) chunk[i]! *= ratio
  }
  return weighted
}

function sum(values: Float32Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}
