// A device's ability: what runtime/self-test.ts found it able to do, and the targets write nets for.

import type { AttentionKind } from './target.ts'

export type Precision = 'float32' | 'float16'

export interface Ability {
  /** What the text encoder and the UNet are computed in. */
  readonly type: Precision
  /** The kinds of attention that the device's fused kernel was seen to get right. */
  readonly fused: ReadonlySet<AttentionKind>
}
