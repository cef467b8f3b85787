// LZW compression, GIF's of variable length: GIF89a specification, appendix F.

const MAX_CODES = 4096
const SLOTS = 1 << 14

/** Compresses `indices` (each < 2^minBits); the bytes still have to be cut into sub-blocks. `minBits` is 2 to 8. */
export function lzw(indices: Uint8Array, minBits: number): Uint8Array {
  const clear = 1 << minBits
  const end = clear + 1
  // (prefix code, next index) → code, in open addressing: a Map is four times slower.
  const keys = new Int32Array(SLOTS).fill(-1)
  const codes = new Uint16Array(SLOTS)
  // No code is longer than 12 bits, and there is at most one an index, one clear in 3,800 and the two at the ends.
  const out = new Uint8Array(Math.ceil(indices.length * 1.5 * 1.001 + 16))
  let length = 0
  let held = 0
  let heldBits = 0
  let bits = minBits + 1
  let next = end + 1

  const put = (code: number) => {
    held |= code << heldBits
    heldBits += bits
    while (heldBits >= 8) {
      out[length++] = held & 255
      held >>>= 8
      heldBits -= 8
    }
  }

  put(clear)
  let prefix = indices[0] ?? 0
  for (let i = 1; i < indices.length; i++) {
    const index = indices[i]!
    const key = (prefix << 8) | index
    let slot = Math.imul(key, 0x9e3779b1) >>> 18
    while (keys[slot] !== -1 && keys[slot] !== key) slot = (slot + 1) % SLOTS
    if (keys[slot] === key) {
      prefix = codes[slot]!
      continue
    }
    put(prefix)
    prefix = index
    if (next === MAX_CODES) {
      put(clear)
      keys.fill(-1)
      bits = minBits + 1
      next = end + 1
    } else {
      keys[slot] = key
      codes[slot] = next
      // The reader learns this code one step later than we do, so the longer codes start when it is exceeded, not reached.
      if (next === 1 << bits) bits++
      next++
    }
  }
  put(prefix)
  if (next === 1 << bits && bits < 12) bits++
  put(end)
  if (heldBits > 0) out[length++] = held & 255
  return out.subarray(0, length)
}
