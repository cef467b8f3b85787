// The nets of a model: how each is built, and where its weights lie.

import type { TextArchitecture, UNetArchitecture, VaeArchitecture } from '../../checkpoint/architecture/architecture.ts'
import type { MotionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import type { SparseControlArchitecture } from '../../checkpoint/architecture/sparse-control-architecture.ts'
import type { Named } from '../../checkpoint/dialects/parts.ts'

/** A net: how it is built, its weights by diffusers' names, and the file to name in errors. */
export interface Net<Architecture> {
  readonly architecture: Architecture
  readonly tensors: Named
  readonly file: string
}

export interface ModelNets {
  readonly text: Net<TextArchitecture>
  readonly unet: Net<UNetArchitecture>
  readonly vae: Net<VaeArchitecture>
  /** null draws stills only. */
  readonly motion: Net<MotionArchitecture> | null
  /** A SparseCtrl beside the UNet, which is then shown pictures for some frames. */
  readonly control: Net<SparseControlArchitecture> | null
}
