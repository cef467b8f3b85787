// The devices that a net can be written for, and what one of them was found able to do.

import type { AttentionKind } from './attention.ts'

/** The names on the command line, of the targets and of ONNX Runtime's providers. */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const
export type Device = (typeof devices)[number]

export type Precision = 'float32' | 'float16'

export interface Ability {
  /** What the text encoder and the UNet are computed in. */
  readonly type: Precision
  /** The kinds of attention that the device's fused kernel was seen to get right: runtime/self-test.ts. */
  readonly fused: ReadonlySet<AttentionKind>
}
