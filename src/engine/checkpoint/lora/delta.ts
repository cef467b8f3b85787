// A weight delta: what a LoRA does to one weight. Only `low-rank` can be applied at run time; every kind can be merged (merge.ts).
// Strength m is the caller's, s is `scale`. Formulas: KohakuBlueleaf/LyCORIS lycoris/modules; sd-scripts networks/lora.py.

import type { LoraPart } from '../dialects/parts.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Every delta names its weight as diffusers does, `.weight` or `.bias` at the end. */
interface Touching {
  readonly part: LoraPart
  readonly weight: string
}

/** A product of two thin tensors, or of three in Tucker's form: `up` [out, r], `mid` [r, r, k, k], `down` [r, in]. */
export interface Product {
  readonly up: Tensor
  readonly mid?: Tensor
  readonly down: Tensor
  readonly rank: number
  /** LyCORIS stores the `up` of LoHa's and LoKr's Tucker forms as [r, out]. */
  readonly upTransposed?: true
}

/**
 * W + m·s·up·down: LoRA of every maker, LoCon, motion LoRA, domain adapter.
 * For a matrix: down [r, in], up [out, r]. For a convolution: down [r, in, k, k] with W's stride and padding, then up [out, r, 1, 1].
 * With `mid` (Tucker): down [r, in, 1, 1], then mid [r, r, k, k] with W's stride and padding, then up [out, r, 1, 1].
 */
export interface LowRank extends Touching, Omit<Product, 'upTransposed'> {
  readonly kind: 'low-rank'
  /** alpha / rank; 1 where the file has no alpha. */
  readonly scale: number
}

/** IA³. W · (1 + m·by) along the rows (`out`: what leaves the layer, before its bias) or the columns (`in`: what enters it). */
export interface Scaling extends Touching {
  readonly kind: 'scaling'
  readonly axis: 'out' | 'in'
  /** One value a channel. */
  readonly by: Tensor
}

/** W + m·values: LyCORIS's full and norm differences, on weights and biases. */
export interface Addition extends Touching {
  readonly kind: 'addition'
  readonly values: Tensor
}

/** W + m·values at some places alone: what LyCORIS's extraction could not factor. As large as it is, and not as the weight: there is one for each. */
export interface Sparse extends Touching {
  readonly kind: 'sparse'
  /** In W's row order; one may come twice, which adds. */
  readonly places: Uint32Array
  readonly values: Float32Array
}

/** LoHa. W + m·s·(one ∘ other), element by element. */
export interface Hadamard extends Touching {
  readonly kind: 'hadamard'
  readonly one: Product
  readonly other: Product
  readonly scale: number
}

/** LoKr. W + m·s·(left ⊗ right); each side whole or a product. */
export interface Kronecker extends Touching {
  readonly kind: 'kronecker'
  readonly left: Tensor | Product
  readonly right: Tensor | Product
  readonly scale: number
}

/** GLoRA. W + m·s·(b + W·a), `a` [in, in] over the input channels and `b` shaped as W. */
export interface Generalized extends Touching {
  readonly kind: 'generalized'
  readonly a: Product
  readonly b: Product
  readonly scale: number
}

/**
 * Diagonal OFT. The output channels are turned, block by block, W[k] → Σⱼ R[j, k] · W[j], by R = (I + Q)(I − Q)⁻¹ with Q = blocks − blocksᵀ,
 * then rescaled.
 */
export interface Rotation extends Touching {
  readonly kind: 'rotation'
  /** [blocks, n, n], blocks · n = out. */
  readonly blocks: Tensor
  readonly turns: Turns
  /** [out, 1, …]. */
  readonly rescale?: Tensor
  /** The largest norm that Q may have, all blocks together; 0 for none. */
  readonly constraint: number
}

/**
 * Butterfly OFT. The output channels are turned in m stages; stage i regroups them so that those 2^i · n/2 apart stand in one block of n,
 * turns every block, W[j] → Σₖ R[j, k] · W[k], and puts them back; then they are rescaled. Liu et al., arXiv 2311.06243.
 */
export interface Butterfly extends Touching {
  readonly kind: 'butterfly'
  /** [m, blocks, n, n], blocks · n = out. */
  readonly blocks: Tensor
  readonly turns: Turns
  readonly rescale?: Tensor
  readonly constraint: number
}

/** What the blocks hold: what Cayley's formula makes R of (sd-scripts, LyCORIS), or R itself (LyCORIS's first files). */
export type Turns = 'cayley' | 'rotations'

/** What DoRA may decompose: whatever adds to W. */
export type Additive = LowRank | Addition | Sparse | Hadamard | Kronecker | Generalized

/** DoRA. W' = magnitude · V / ‖V‖ with V = W + inner at strength 1, then W + m·(W' − W). Norms by output row, or by input column in older files. */
export interface Decomposed extends Touching {
  readonly kind: 'decomposed'
  readonly inner: Additive
  readonly magnitude: Tensor
  readonly axis: 'out' | 'in'
}

export type LoraDelta = Additive | Scaling | Rotation | Butterfly | Decomposed

/** Whether a delta can be applied at run time: as two thin products beside the frozen weight, whose factors are inputs of the graph. */
export const runsAtRuntime = (delta: LoraDelta): delta is LowRank => delta.kind === 'low-rank'

/** Whether what it adds depends on the weight that it finds: sums commute, these do not. */
export const readsWeight = ({ kind }: LoraDelta): boolean =>
  kind === 'scaling' || kind === 'rotation' || kind === 'butterfly' || kind === 'decomposed' || kind === 'generalized'

/** LoKr's sides are whole or thin. */
export const isProduct = (side: Tensor | Product): side is Product => 'rank' in side

/** A LoRA file, matched with the nets that it is for. */
export interface ParsedLora {
  readonly path: string
  /** A weight may stand here twice (say `diff` and `lora_up`); deltas apply in this order. */
  readonly deltas: readonly LoraDelta[]
  /** The file's names that match nothing, or that no merge needs. */
  readonly ignored: readonly string[]
  /** Textual inversions that came inside, by their word. */
  readonly words: ReadonlyMap<string, Tensor>
  /** It is PEFT's, and neither it nor anything beside it says what its deltas are multiplied with: they are taken as they are. */
  readonly scaleUnknown: boolean
}
