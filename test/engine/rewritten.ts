// Checkpoints with one thing changed: what a person may hand over.

import { openTensorFile } from '../../src/engine/checkpoint/open.ts'
import { type TensorToWrite, writeSafetensors } from '../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf, type Tensor } from '../../src/engine/checkpoint/tensor/tensor.ts'

/** Writes `from`'s tensors to `path` as `change` gives them; undefined leaves one out. */
export function rewritten(from: string, path: string, change: (tensor: Tensor) => Tensor | undefined): string {
  const tensors: TensorToWrite[] = []
  for (const tensor of openTensorFile(from).tensors.values()) {
    const changed = change(tensor)
    if (changed) tensors.push({ ...changed, bytes: () => bytesOf(changed) })
  }
  writeSafetensors(path, tensors)
  return path
}
