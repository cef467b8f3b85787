// Eight-bit floats, as tables of all their codes. Micikevicius et al., "FP8 Formats for Deep Learning" (arXiv 2209.05433), table 1;
// PyTorch and safetensors mean E4M3 without infinities (float8_e4m3fn).

/** Four bits of exponent, bias 7, three of mantissa; only 0x7f and 0xff are no number. */
export const e4m3: Float32Array = tableOf({
  mantissaBits: 3,
  bias: 7,
  special: (exponent, mantissa) => (exponent === 15 && mantissa === 7 ? Number.NaN : undefined),
})

/** Five bits of exponent, bias 15, two of mantissa: a half's upper byte. Infinities and NaN as IEEE 754 has them. */
export const e5m2: Float32Array = tableOf({
  mantissaBits: 2,
  bias: 15,
  special: (exponent, mantissa) => (exponent < 31 ? undefined : mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN),
})

interface Format {
  readonly mantissaBits: number
  readonly bias: number
  /** What codes mean that stand for no finite number. */
  readonly special: (exponent: number, mantissa: number) => number | undefined
}

function tableOf({ mantissaBits, bias, special }: Format): Float32Array {
  const steps = 2 ** mantissaBits
  return Float32Array.from({ length: 256 }, (_, code) => {
    const exponent = (code & 0x7f) >> mantissaBits
    const mantissa = code & (steps - 1)
    // An exponent of 0 has no hidden one: subnormal numbers, down to 0.
    const finite = (exponent === 0 ? mantissa / steps : 1 + mantissa / steps) * 2 ** (Math.max(exponent, 1) - bias)
    const size = special(exponent, mantissa) ?? finite
    return code < 128 ? size : -size
  })
}
