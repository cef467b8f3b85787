// Low-rank factors: the thin tensors of an adapter, checked against the weight that they are for and given as many dimensions as it has.
// Files have matrices for 1×1 convolutions and the other way round; the bytes are the same.

import { UserError } from '../../errors.ts'
import { reshapeTensor } from '../tensor/reshape.ts'
import { elementsOf, type Tensor } from '../tensor/tensor.ts'
import type { ConfiguredScale } from './adapter-settings.ts'
import type { Product } from './delta.ts'
import type { Module } from './modules.ts'
import type { TensorRole } from './tensor-roles.ts'

/** One module's adapter as it lies in the file, and the weights that it is for. */
export interface Adapter {
  readonly file: string
  readonly module: Module
  readonly tensors: ReadonlyMap<TensorRole, Tensor>
  readonly weight: Tensor
  readonly bias: Tensor | undefined
  /** Where the file has no alpha of its own. */
  readonly scaleOf: ConfiguredScale
}

/** A tensor that says how large it should be. */
export interface Factor {
  readonly up: Tensor
  readonly mid?: Tensor | undefined
  readonly down: Tensor
  /** Rows of the product. */
  readonly out: number
  /** The product's other sides: input channels, then the kernel's. */
  readonly inner: readonly number[]
  /** `up` is stored [r, out]. */
  readonly upTransposed?: boolean
}

/** @throws UserError `lora-shape` */
export function product(adapter: Adapter, { up, mid, down, out, inner, upTransposed = false }: Factor): Product {
  const rank = down.shape[0] ?? 0
  const kernel = inner.slice(1)
  return {
    up: shaped(adapter, up, upTransposed ? [rank, out] : [out, rank]),
    ...(mid ? { mid: shaped(adapter, mid, [rank, rank, ...kernel]) } : {}),
    down: shaped(adapter, down, mid ? [rank, inner[0]!] : [rank, ...inner]),
    rank,
    ...(upTransposed ? { upTransposed } : {}),
  }
}

/** The tensor with this shape, where only sides of one differ. @throws UserError `lora-shape` */
export function shaped(adapter: Adapter, tensor: Tensor, shape: readonly number[]): Tensor {
  const same = elementsOf(tensor.shape) === elementsOf(shape) && elementsOf(shape) > 0
  // Beyond the count, the first side must agree: [r, in·k·k] and [r, in, k, k] are one tensor, [in, r] is another.
  if (!same || (shape.length > 1 && tensor.shape[0] !== shape[0])) throw wrongShape(adapter, tensor, shape)
  return reshapeTensor(tensor, shape)
}

export const wrongShape = (adapter: Adapter, tensor: Tensor, expected: readonly number[]): UserError =>
  new UserError(
    'lora-shape',
    `${tensor.name} in ${adapter.file}: expected [${expected.join(', ')}] beside ${adapter.module.path} [${adapter.weight.shape.join(', ')}], got [${tensor.shape.join(', ')}]. It was made for another base.`,
    { path: adapter.file, key: tensor.name, expected, got: tensor.shape, weight: adapter.weight.shape },
  )

/** A tensor that should be a single number. */
export const severalNumbers = ({ file }: Adapter, { name, shape }: Tensor): UserError =>
  new UserError('lora-number', `${name} in ${file}: expected one number, got [${shape.join(', ')}].`, { path: file, key: name, got: shape })

/** A tensor without its partner. */
export const incomplete = (adapter: Adapter, missing: TensorRole): UserError => {
  const present = [...adapter.tensors.values()].map((tensor) => tensor.name)
  return new UserError('lora-incomplete', `${adapter.file} is incomplete: beside ${present.join(', ')} there should be its "${missing}".`, {
    path: adapter.file,
    module: adapter.module.path,
    missing,
    present,
  })
}
