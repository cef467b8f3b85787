// LoRA parsing, module by module: from the tensors of one to what they do to its weight. Every kind of adapter in one table of readers.

import { UserError } from '../../errors.ts'
import { reshapeTensor } from '../tensor/reshape.ts'
import { elementsOf, float32Of, type Tensor, tensorOf } from '../tensor/tensor.ts'
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

/** PEFT's lora_bias: what `up` adds, scaled as its product is. */
const upBias: Reader<LoraDelta> = (adapter, take) => {
  const values = take('upBias')
  const rank = adapter.tensors.get('down')?.shape[0]
  if (!values || !adapter.bias || rank === undefined) return undefined
  const scale = scaleOf(adapter, rank)
  const scaled = float32Of(shaped(adapter, values, adapter.bias.shape)).map((value) => value * scale)
  return { kind: 'addition', ...touching(adapter, 'bias'), values: tensorOf(values.name, adapter.bias.shape, scaled) }
}

/** LyCORIS's extraction keeps what the factors leave over as a sparse tensor, which is added to their product before it is scaled. */
const sparse: Reader<LoraDelta> = (adapter, take) => {
  const indices = take('sparseIndices')
  if (!indices) return undefined
  const values = float32Of(take.need('sparseValues'))
  take('sparseSize')
  const { shape } = adapter.weight
  const coordinates = float32Of(indices) // [dimensions, values]
  const count = values.length
  // The sparse tensor has the shape of a matrix or of the weight; row order is the same.
  const sides = indices.shape[0] === 2 ? [shape[0]!, elementsOf(shape.slice(1))] : shape
  const isWhole = indices.shape[0] === sides.length && coordinates.length === sides.length * count
  if (!isWhole) throw wrongShape(adapter, indices, [sides.length, count])
  const rank = adapter.tensors.get('down')?.shape[0]
  const scale = rank === undefined ? 1 : scaleOf(adapter, rank)
  const elements = elementsOf(shape)
  const places = Uint32Array.from({ length: count }, (_, i) => {
    const place = sides.reduce((at, side, axis) => at * side + coordinates[axis * count + i]!, 0)
    if (!(place >= 0 && place < elements)) throw wrongShape(adapter, indices, shape)
    return place
  })
  return { kind: 'sparse', ...touching(adapter), places, values: values.map((value) => value * scale) }
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
  const [blocks, rotations] = [take('blocks'), take('turns')]
  const turning = blocks ?? rotations
  if (!turning) return undefined
  const [out, ...rest] = adapter.weight.shape as [number, ...number[]]
  const side = turning.shape.at(-1)!
  const rank = turning.shape.length
  if (rank !== 3 && rank !== 4) throw wrongShape(adapter, turning, [out / side, side, side])
  const [count, stages] = rank === 3 ? [turning.shape[0]!, 1] : [turning.shape[1]!, turning.shape[0]!]
  const fits = turning.shape.at(-2) === side && count * side === out
  if (!fits) throw wrongShape(adapter, turning, [...(rank === 3 ? [] : [stages]), out / side, side, side])
  if (rank === 4 && (side % 2 !== 0 || out % (2 ** stages * (side / 2)) !== 0)) throw unevenStages(adapter, turning)
  const rescale = take('rescale')
  return {
    kind: rank === 3 ? 'rotation' : 'butterfly',
    ...touching(adapter),
    blocks: turning,
    turns: blocks ? 'cayley' : 'rotations',
    ...(rescale ? { rescale: shaped(adapter, rescale, [out, ...rest.map(() => 1)]) } : {}),
    // Both trainers store the constraint in alpha and use it times the output's width.
    constraint: blocks ? alphaOf(adapter) * out : 0,
  }
}

const additive: readonly Reader<Additive>[] = [lowRank, hadamard, kronecker, generalized, full]
const others: readonly Reader<LoraDelta>[] = [sparse, bias, upBias, scaling, rotation]

/** kohya's and LyCORIS's: a length of each output row, or of each input column in older files; the shape tells. */
function byShape(adapter: Adapter, inner: Additive, magnitude: Tensor): Decomposed {
  const [out, input, ...kernel] = adapter.weight.shape as [number, number, ...number[]]
  const byColumn = magnitude.shape.length > 1 && magnitude.shape[0] === 1 && out !== 1
  if (!byColumn) return byRows(adapter, inner, magnitude)
  const shape = [1, input, ...kernel.map(() => 1)]
  return { kind: 'decomposed', ...touching(adapter), inner, magnitude: shaped(adapter, magnitude, shape), axis: 'in' }
}

/** Of each output row, whatever the shape: PEFT stores [1, out, 1, 1] for a convolution. */
function byRows(adapter: Adapter, inner: Additive, magnitude: Tensor): Decomposed {
  const [out, ...rest] = adapter.weight.shape as [number, ...number[]]
  const flat = elementsOf(magnitude.shape) === out ? reshapeTensor(magnitude, [out]) : magnitude
  const shape = [out, ...rest.map(() => 1)]
  return { kind: 'decomposed', ...touching(adapter), inner, magnitude: shaped(adapter, flat, shape), axis: 'out' }
}

const unevenStages = ({ file, module, weight }: Adapter, { name, shape }: Tensor): UserError =>
  new UserError(
    'lora-shape',
    `${name} in ${file} pairs channels in ${shape[0]} stages of blocks of ${shape.at(-1)}, which the ${weight.shape[0]} of ${module.path} cannot be divided into. It was made for another base.`,
    { path: file, key: name, got: shape, weight: weight.shape },
  )

const unsupportedKind = ({ file }: Adapter, { name }: Tensor): UserError =>
  new UserError(
    'lora-kind-unsupported',
    `${name} in ${file} is of a kind that is not supported; LoRA, LoCon, LoHa, LoKr, GLoRA, DoRA, IA³, OFT, BOFT and full differences are, as kohya's programs and LyCORIS write them.`,
    { path: file, key: name },
  )

const touching = ({ module }: Adapter, end: 'weight' | 'bias' = 'weight') => ({ part: module.part, weight: `${module.path}.${end}` })

/** 0 where the file has none. */
const alphaOf = (adapter: Adapter): number => numberIn(adapter, 'alpha') ?? 0

function numberIn({ tensors }: Adapter, role: TensorRole): number | undefined {
  const tensor = tensors.get(role)
  return tensor && elementsOf(tensor.shape) > 0 ? float32Of(tensor)[0]! : undefined
}

/**
 * alpha / rank; no alpha, or 0, means what the adapter's configuration says, and otherwise 1 (sd-scripts networks/lora.py). A scale of the
 * module's own stands in place of it all (AUTOMATIC1111 extensions-builtin/Lora/network.py).
 */
const scaleOf = (adapter: Adapter, rank: number): number => {
  const scale = numberIn(adapter, 'scale')
  if (scale !== undefined) return scale
  const alpha = alphaOf(adapter)
  return alpha === 0 ? (adapter.scaleOf(adapter.module.path, rank) ?? 1) : alpha / rank
}
