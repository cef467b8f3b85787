// What a device was found able to do: runtime/self-test.ts finds it, the targets write nets for it.

import type { AttentionKind } from './attention.ts'

export type Precision = 'float32' | 'float16'

export interface Ability {
  /** What the text encoder and the UNet are computed in. */
  readonly type: Precision
  /** The kinds of attention that the device's fused kernel was seen to get right. */
  readonly fused: ReadonlySet<AttentionKind>
}
