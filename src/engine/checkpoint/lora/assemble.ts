// LoRA parsing, module by module: from the tensors of one to what they do to its weight. Every kind of adapter in one table of readers.

import { UserError } from '../../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Additive, LoraDelta } from './delta.ts'
import { type Adapter, incomplete } from './factors.ts'
import type { AdapterReader, Take } from './kinds/adapter-reader.ts'
import { byRows, byShape } from './kinds/decomposed.ts'
import { biasDifference, fullDifference } from './kinds/difference.ts'
import { generalized } from './kinds/generalized.ts'
import { hadamard } from './kinds/hadamard.ts'
import { kronecker } from './kinds/kronecker.ts'
import { lowRank, upBias } from './kinds/low-rank.ts'
import { rotation } from './kinds/rotation.ts'
import { scaling } from './kinds/scaling.ts'
import { sparse } from './kinds/sparse.ts'
import type { TensorRole } from './tensor-roles.ts'

/** A magnitude may stand beside one of these. */
const additive: readonly AdapterReader<Additive>[] = [lowRank, hadamard, kronecker, generalized, fullDifference]
const others: readonly AdapterReader<LoraDelta>[] = [sparse, biasDifference, upBias, scaling, rotation]

/**
 * @returns the deltas, and the tensors that none of them needs
 * @throws UserError `lora-incomplete`, `lora-shape`, `lora-kind-unsupported`
 */
export function assemble(adapter: Adapter): { readonly deltas: LoraDelta[]; readonly unused: Tensor[] } {
  const used = new Set<TensorRole>(['alpha', 'scale', 'onInput'])
  const peek = (role: TensorRole): Tensor | undefined => {
    used.add(role)
    return adapter.tensors.get(role)
  }
  const need = (role: TensorRole): Tensor => {
    const tensor = peek(role)
    if (!tensor) throw incomplete(adapter, role)
    return tensor
  }
  const take: Take = Object.assign(peek, { need })
  const foreign = take('unsupported')
  if (foreign) throw unsupportedKind(adapter, foreign)
  const deltas: LoraDelta[] = []
  const [magnitude, rowMagnitude] = [take('magnitude'), take('rowMagnitude')]
  for (const read of additive) {
    const delta = read(adapter, take)
    if (!delta) continue
    const whole = rowMagnitude ? byRows(adapter, delta, rowMagnitude) : magnitude ? byShape(adapter, delta, magnitude) : delta
    deltas.push(whole)
  }
  if ((magnitude || rowMagnitude) && deltas.length !== 1) throw incomplete(adapter, 'up')
  for (const read of others) {
    const delta = read(adapter, take)
    if (delta) deltas.push(delta)
  }
  if (!adapter.bias) for (const role of ['diffBias', 'normBias', 'upBias'] as const) used.delete(role)
  return { deltas, unused: [...adapter.tensors].filter(([role]) => !used.has(role)).map(([, tensor]) => tensor) }
}

const unsupportedKind = ({ file }: Adapter, { name }: Tensor): UserError =>
  new UserError(
    'lora-kind-unsupported',
    `${name} in ${file} is of a kind that is not supported; LoRA, LoCon, LoHa, LoKr, GLoRA, DoRA, IA³, OFT, BOFT and full differences are, as kohya's programs and LyCORIS write them.`,
    { path: file, key: name },
  )
