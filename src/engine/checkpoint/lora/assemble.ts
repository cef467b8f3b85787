// LoRA parsing, module by module: from the tensors of one to what they do to its weight. Every kind of adapter in one table of readers.

import { UserError } from '../../errors.ts'
import { elementsOf, float32Of, type Tensor } from '../tensor.ts'
import type { Additive, Decomposed, LoraDelta } from './delta.ts'
import { type Adapter, incomplete, product, shaped, wrongShape } from './factors.ts'
import type { TensorRole } from './tensor-roles.ts'

/** Reads one kind. `take` remembers what was asked for. */
type Reader<D extends LoraDelta> = (adapter: Adapter, take: Take) => D | undefined

interface Take {
  (role: TensorRole): Tensor | undefined
  /** The partner of one that is there. @throws UserError `lora-incomplete` */
  need(role: TensorRole): Tensor
}

/**
 * @returns the deltas, and the tensors that none of them needs
 * @throws UserError `lora-incomplete`, `lora-shape`
 */
export function assemble(adapter: Adapter): { readonly deltas: LoraDelta[]; readonly unused: Tensor[] } {
  const used = new Set<TensorRole>(['alpha', 'onInput'])
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
  const deltas: LoraDelta[] = []
  const magnitude = take('magnitude')
  for (const read of additive) {
    const delta = read(adapter, take)
    if (delta) deltas.push(magnitude ? decomposed(adapter, delta, magnitude) : delta)
  }
  if (magnitude && deltas.length !== 1) throw incomplete(adapter, 'up')
  for (const read of others) {
    const delta = read(adapter, take)
    if (delta) deltas.push(delta)
  }
  if (!adapter.bias) for (const role of ['diffBias', 'normBias'] as const) used.delete(role)
  return { deltas, unused: [...adapter.tensors].filter(([role]) => !used.has(role)).map(([, tensor]) => tensor) }
}

const lowRank: Reader<Additive> = (adapter, take) => {
  const { shape } = adapter.weight
  if (!take('down') && !take('up')) return undefined
  const [out, ...inner] = shape as [number, ...number[]]
  const { up, mid, down, rank } = product(adapter, { up: take.need('up'), mid: take('mid'), down: take.need('down'), out, inner })
  // Factors of a convolution are convolutions too.
  const ones = inner.slice(1).map(() => 1)
  return {
    kind: 'low-rank',
    ...touching(adapter),
    up: shaped(adapter, up, [out, rank, ...ones]),
    ...(mid ? { mid, down: shaped(adapter, down, [rank, inner[0]!, ...ones]) } : { down }),
    rank,
    scale: scaleOf(adapter, rank),
  }
}

const hadamard: Reader<Additive> = (adapter, take) => {
  const w1a = take('w1a')
  if (!w1a) return undefined
  const [out, ...inner] = adapter.weight.shape as [number, ...number[]]
  const [t1, t2] = [take('t1'), take('t2')]
  const one = product(adapter, { up: w1a, mid: t1, down: take.need('w1b'), out, inner, upTransposed: t1 !== undefined })
  const other = product(adapter, { up: take.need('w2a'), mid: t2, down: take.need('w2b'), out, inner, upTransposed: t2 !== undefined })
  return { kind: 'hadamard', ...touching(adapter), one, other, scale: scaleOf(adapter, one.rank) }
}

const kronecker: Reader<Additive> = (adapter, take) => {
  const [k1, k1a, k2, k2a] = [take('k1'), take('k1a'), take('k2'), take('k2a')]
  if (!k1 && !k1a && !k2 && !k2a) return undefined
  const [out, input, ...kernel] = adapter.weight.shape as [number, number, ...number[]]
  const k1b = k1 ? undefined : take.need('k1b')
  const rows = k1 ? k1.shape[0]! : take.need('k1a').shape[0]!
  const columns = k1 ? k1.shape[1]! : k1b!.shape[1]!
  if (out % rows || input % columns) throw wrongShape(adapter, k1 ?? k1b!, [out, input])
  const left = k1 ? shaped(adapter, k1, [rows, columns]) : product(adapter, { up: k1a!, down: k1b!, out: rows, inner: [columns] })
  const rest = [out / rows, input / columns, ...kernel] as const
  const mid = take('kt2')
  const right = k2
    ? shaped(adapter, k2, rest)
    : product(adapter, {
        up: take.need('k2a'),
        mid,
        down: take.need('k2b'),
        out: rest[0],
        inner: rest.slice(1),
        upTransposed: mid !== undefined,
      })
  const rank = 'rank' in right ? right.rank : 'rank' in left ? left.rank : undefined
  // Without a thin factor there is no rank, and LyCORIS writes any alpha.
  return { kind: 'kronecker', ...touching(adapter), left, right, scale: rank === undefined ? 1 : scaleOf(adapter, rank) }
}

const generalized: Reader<Additive> = (adapter, take) => {
  if (!take('a1') && !take('b1')) return undefined
  const [out, ...inner] = adapter.weight.shape as [number, ...number[]]
  const mid = take('bm')
  const [a1, a2, b1, b2] = [take.need('a1'), take.need('a2'), take.need('b1'), take.need('b2')]
  // Early files have the factors of each pair the other way round; the long side tells, unless the weight is as thin as the rank.
  const [aUp, aDown] = a1.shape[0] === inner[0] && a2.shape[0] === a1.shape[1] ? [a1, a2] : [a2, a1]
  const [bUp, bDown] = b1.shape[0] === out && b2.shape[0] === b1.shape[1] ? [b1, b2] : [b2, b1]
  const a = product(adapter, { up: aUp, down: aDown, out: inner[0]!, inner: [inner[0]!] })
  const b = product(adapter, { up: bUp, mid, down: bDown, out, inner })
  return { kind: 'generalized', ...touching(adapter), a, b, scale: scaleOf(adapter, b.rank) }
}

const full: Reader<Additive> = (adapter, take) => {
  const values = take('diff') ?? take('normWeight')
  return values && { kind: 'addition', ...touching(adapter), values: shaped(adapter, values, adapter.weight.shape) }
}

const bias: Reader<LoraDelta> = (adapter, take) => {
  const values = take('diffBias') ?? take('normBias')
  if (!values || !adapter.bias) return undefined
  return { kind: 'addition', ...touching(adapter, 'bias'), values: shaped(adapter, values, adapter.bias.shape) }
}

const scaling: Reader<LoraDelta> = (adapter, take) => {
  const by = take('by')
  if (!by) return undefined
  const onInput = adapter.tensors.get('onInput')
  const axis = onInput && float32Of(onInput)[0] !== 0 ? 'in' : 'out'
  const channels = adapter.weight.shape[axis === 'out' ? 0 : 1]!
  return { kind: 'scaling', ...touching(adapter), axis, by: shaped(adapter, by, [channels]) }
}

const rotation: Reader<LoraDelta> = (adapter, take) => {
  const blocks = take('blocks')
  if (!blocks) return undefined
  const [out, ...rest] = adapter.weight.shape as [number, ...number[]]
  const [count, side] = blocks.shape
  if (blocks.shape.length !== 3) {
    throw new UserError(
      'lora-kind-unsupported',
      `${blocks.name} in ${adapter.file} is butterfly OFT (BOFT), which is not supported; diagonal OFT, LoRA, LoCon, LoHa, LoKr, GLoRA, DoRA, IA³ and full differences are.`,
      { path: adapter.file, key: blocks.name, shape: blocks.shape },
    )
  }
  if (count! * side! !== out) throw wrongShape(adapter, blocks, [out / side!, side!, side!])
  const rescale = take('rescale')
  return {
    kind: 'rotation',
    ...touching(adapter),
    blocks: shaped(adapter, blocks, [count!, side!, side!]),
    ...(rescale ? { rescale: shaped(adapter, rescale, [out, ...rest.map(() => 1)]) } : {}),
    // Both trainers store the constraint in alpha and use it times the output's width.
    constraint: alphaOf(adapter) * out,
  }
}

const additive: readonly Reader<Additive>[] = [lowRank, hadamard, kronecker, generalized, full]
const others: readonly Reader<LoraDelta>[] = [bias, scaling, rotation]

function decomposed(adapter: Adapter, inner: Additive, magnitude: Tensor): Decomposed {
  const [out, input, ...kernel] = adapter.weight.shape as [number, number, ...number[]]
  const ones = kernel.map(() => 1)
  const byColumn = magnitude.shape.length > 1 && magnitude.shape[0] === 1 && out !== 1
  return {
    kind: 'decomposed',
    ...touching(adapter),
    inner,
    magnitude: shaped(adapter, magnitude, byColumn ? [1, input, ...ones] : [out, 1, ...ones]),
    axis: byColumn ? 'in' : 'out',
  }
}

const touching = ({ module }: Adapter, end: 'weight' | 'bias' = 'weight') => ({ part: module.part, weight: `${module.path}.${end}` })

/** 0 where the file has none. */
const alphaOf = ({ tensors }: Adapter): number => {
  const alpha = tensors.get('alpha')
  return alpha && elementsOf(alpha.shape) > 0 ? float32Of(alpha)[0]! : 0
}

/** alpha / rank; no alpha, or 0, means 1 (sd-scripts networks/lora.py). */
const scaleOf = (adapter: Adapter, rank: number): number => {
  const alpha = alphaOf(adapter)
  return alpha === 0 ? 1 : alpha / rank
}
