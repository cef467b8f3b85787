// Gaussian noise, number for number what `torch.randn` draws on a CPU from the same seed: people share seeds,
// and the published animations were started with these numbers.
// Source: PyTorch, aten/src/ATen/native/cpu/DistributionTemplates.h (normal_fill) and ATen/core/DistributionsHelper.h.

export interface Generator {
  /** The next `count` values of mean 0 and deviation 1, as one tensor: `normal(32)` and two `normal(16)` agree, `normal(20)` is drawn otherwise. */
  normal(count: number): Float32Array
}

export interface TorchGenerator extends Generator {
  /** A random order of 0 … count − 1, as `torch.randperm` draws it (aten/src/ATen/native/TensorFactories.cpp, below 2^32 / 20 values). */
  permutation(count: number): number[]
}

/** @param seed unsigned 64-bit; like PyTorch's, the generator sees its low 32 bits only */
export function torchGenerator(seed: bigint): TorchGenerator {
  const bits = mersenneTwister(seededState(Number(BigInt.asUintN(32, seed))))
  let kept: number | undefined // of a pair drawn below 16 values, the second; it waits across calls, whatever is drawn between

  /** 53 bits in [0, 1), the high word first. */
  const uniform53 = (): number => ((bits() & 0x1fffff) * 0x1_0000_0000 + bits()) / 2 ** 53

  function single(): number {
    if (kept !== undefined) {
      const value = kept
      kept = undefined
      return value
    }
    const theta = 2 * Math.PI * uniform53()
    const r = Math.sqrt(-2 * Math.log1p(-uniform53()))
    kept = r * Math.sin(theta)
    return r * Math.cos(theta)
  }

  return {
    normal(count) {
      const values = new Float32Array(count)
      if (count < 16) {
        for (let i = 0; i < count; i++) values[i] = single()
        return values
      }
      for (let i = 0; i < count; i++) values[i] = (bits() & 0xffffff) / 2 ** 24
      for (let at = 0; at + 16 <= count; at += 16) boxMuller16(values, at)
      if (count % 16 !== 0) {
        for (let i = count - 16; i < count; i++) values[i] = (bits() & 0xffffff) / 2 ** 24
        boxMuller16(values, count - 16)
      }
      return values
    },
    permutation(count) {
      const order = Array.from({ length: count }, (_, i) => i)
      for (let i = 0; i < count - 1; i++) {
        const other = i + (bits() % (count - i))
        ;[order[i], order[other]] = [order[other]!, order[i]!]
      }
      return order
    },
  }
}

/** Sixteen uniforms become sixteen normals in place: j and j + 8 are one pair. Rounded to float32 where PyTorch rounds. */
function boxMuller16(values: Float32Array, at: number): void {
  for (let j = at; j < at + 8; j++) {
    const r = Math.fround(Math.sqrt(Math.fround(-2 * Math.fround(Math.log(1 - values[j]!)))))
    const theta = Math.fround(twoPi * values[j + 8]!)
    values[j] = r * Math.cos(theta)
    values[j + 8] = r * Math.sin(theta)
  }
}

const twoPi = Math.fround(2 * Math.PI)

/** MT19937, 32 bits a draw (Matsumoto and Nishimura 1998). @param state 624 words, which are overwritten */
export function mersenneTwister(state: Uint32Array): () => number {
  let next = 624

  function twist(): void {
    for (let i = 0; i < 624; i++) {
      const y = (state[i]! & 0x8000_0000) | (state[(i + 1) % 624]! & 0x7fff_ffff)
      state[i] = state[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908_b0df : 0)
    }
    next = 0
  }

  return () => {
    if (next === 624) twist()
    let y = state[next++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    y ^= y >>> 18
    return y >>> 0
  }
}

export function seededState(seed: number): Uint32Array {
  const state = new Uint32Array(624)
  state[0] = seed
  for (let i = 1; i < 624; i++) {
    const before = state[i - 1]!
    state[i] = Math.imul(before ^ (before >>> 30), 1812433253) + i
  }
  return state
}
