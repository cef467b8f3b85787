// CPU: float32, with the forms that were measured fastest on ONNX Runtime 1.30 (two AVX-512 cores).

import { Conv, LayerNormalization } from '../onnx/ops.ts'
import { erfGelu, quickSilu } from './activation.ts'
import { fusedAttention, opsetAttention } from './attention.ts'
import { directConv, winogradConv } from './conv3x3.ts'
import { instanceGroupNorm, meanGroupNorm } from './group-norm.ts'
import { rowsLinear } from './linear.ts'
import type { Target } from './target.ts'

export interface CpuOptions {
  /** Whether a 3×3 convolution C → K on images of h × w is written in Winograd's form. */
  readonly winograd: (conv: { N: number; C: number; K: number; h: number; w: number }) => boolean
}

/**
 * From 128 channels the products weigh more than the transforms around them. On pictures below 16×16 many frames would pay as well, but
 * Stable Diffusion has its widest kernels there, and four times their size is 2 GB for a twentieth of a step. From 512×512 pixels in all,
 * which only the VAE's narrow layers see, the transformed tiles take 2 GB themselves.
 */
export const winogradWhereFaster: CpuOptions = {
  winograd: ({ N, C, K, h, w }) => Math.min(C, K) >= 128 && Math.min(h, w) >= 16 && N * h * w < 512 * 512,
}

export const noWinograd: CpuOptions = { winograd: () => false }

/** Self-attention from here on takes the flash form: faster, and its memory does not grow with the square. */
const longSequence = 1024

export const cpu = ({ winograd }: CpuOptions = winogradWhereFaster): Target => ({
  name: 'cpu',
  type: 'float32',
  layout: 'channels-first',
  fusedMatMul: true,
  linear: rowsLinear,
  attention: (q, k, v, options) => {
    const long = q.shape[1]! >= longSequence && k.shape[1]! >= longSequence
    return (long && !options.causal ? fusedAttention : opsetAttention)(q, k, v, options)
  },
  layerNorm: LayerNormalization,
  groupNorm: (x, gamma, beta, options) => {
    const y = ((options.frames ?? 1) > 1 ? meanGroupNorm : instanceGroupNorm)(x, gamma, beta, options)
    return options.silu ? quickSilu(y) : y
  },
  conv1x1: (x, kernel, bias) => Conv(x, kernel, bias),
  conv3x3: (x, kernel, bias, options) => {
    const [N, C, h, w] = x.shape as [number, number, number, number]
    const plain = options.stride === 1 && options.pads.every((pad) => pad === 1)
    return plain && winograd({ N, C, K: kernel.shape[0]!, h, w }) ? winogradConv(x, kernel, bias) : directConv(x, kernel, bias, options)
  },
  silu: quickSilu,
  gelu: erfGelu,
})
