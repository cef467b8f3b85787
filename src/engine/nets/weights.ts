// A variable scope (candle: VarBuilder): weights are walked like folders. A block sees its corner of the checkpoint only, and asks for what
// it needs by key and shape. What was asked for is remembered, so that missing and unused keys can be told apart afterwards.

import { byteLengthOf, elementsOf, type Tensor } from '../checkpoint/tensor/tensor.ts'
import { UserError } from '../errors.ts'
import type { Graph, Value } from '../onnx/graph.ts'
import { Add, Cast, Conv, FusedMatMul, MatMul, Mul, ReduceMean, Reshape, Slice, Transpose } from '../onnx/ops.ts'
import { nhwcConv } from '../targets/conv3x3.ts'
import type { Target } from '../targets/target.ts'

/** What the whole net is made from; shared by every corner of it. */
export interface Material {
  readonly graph: Graph
  readonly target: Target
  /** The file, for error messages. */
  readonly file: string
  /** By diffusers' names. */
  readonly tensors: ReadonlyMap<string, Tensor>
  /** Rank of the adapter slot of each weight that has one, by the weight's full name; 0 or absent: none. */
  readonly adapterRank?: (weight: string) => number
  /** F, where adapters have a strength of their own at each frame; one animation then, and every frame has a text of its own. */
  readonly adapterFrames?: number
  /** Adapters are never summed with their weights: the gradient of such a sum costs as much as that of the weight. */
  readonly adaptersApart?: boolean
}

/** One of equal parts of a weight's rows, which lie one after the other in the file. */
interface Rows {
  readonly part: number
  readonly of: number
}

export class Weights {
  readonly path: string
  readonly material: Material
  readonly asked: Set<string>
  readonly #rows: Rows | null

  constructor(material: Material, path = '', asked: Set<string> = new Set(), rows: Rows | null = null) {
    this.material = material
    this.path = path
    this.asked = asked
    this.#rows = rows
  }

  get graph(): Graph {
    return this.material.graph
  }

  get target(): Target {
    return this.material.target
  }

  at(path: string): Weights {
    return new Weights(this.material, this.#key(path), this.asked)
  }

  /** This corner as two of half as many rows each: two small products cost less than a large one and cutting it apart. */
  halves(): [Weights, Weights] {
    const half = (part: number): Weights => new Weights(this.material, this.path, this.asked, { part, of: 2 })
    return [half(0), half(1)]
  }

  has(key: string): boolean {
    return this.material.tensors.has(this.#key(key))
  }

  /** The weight as a value of the target's type. Throws a UserError naming key, expected, got and file where it is missing or differs. */
  get(key: string, shape: readonly number[], type = this.target.type): Value {
    const name = this.#key(key)
    const tensor = this.material.tensors.get(name)
    this.asked.add(name)
    const { file } = this.material
    const expected = this.#rows ? shape.with(0, shape[0]! * this.#rows.of) : shape
    if (!tensor) throw new UserError('weight-missing', `${file} has no ${name}, expected [${expected}].`, { key: name, expected, file })
    if (tensor.shape.length !== expected.length || tensor.shape.some((side, i) => side !== expected[i])) {
      const got = tensor.shape
      throw new UserError('weight-shape', `${name} in ${file} is [${got}], expected [${expected}].`, { key: name, expected, got, file })
    }
    return Cast(this.graph.initializer(this.#rows ? rowsOf(tensor, name, this.#rows) : { ...tensor, name }), type)
  }

  /**
   * `product` of this corner's weight [out, in] with x [..., in], and where it has an adapter slot, with weight + up (scale · down). All
   * three are inputs of the graph, and scale [rank], or [F, rank], is apart, so that another strength or style moves no weights.
   */
  adaptedLinear(x: Value, out: number, product: (weight: Value) => Value): Value {
    const width = x.shape.at(-1)!
    const weight = this.get('weight', [out, width])
    const { part, of } = this.#rows ?? { part: 0, of: 1 }
    const adapter = this.#adapter([width], [], out * of)
    if (!adapter) return product(weight)
    const up = of === 1 ? adapter.up : Slice(adapter.up, 0, part * out, (part + 1) * out)
    const { down, scale } = adapter
    if (this.#sumCostsLess(weight, x)) {
      return product(Add(weight, MatMul(up, Mul(down, Reshape(scale, [scale.shape[0]!, 1])))))
    }
    return Add(product(weight), this.#product(this.#scaled(this.#product(x, down), scale), up))
  }

  /**
   * y + (scale · x down) up of a convolution's slot: k×k to the rank, then 1×1, in the target's layout. Never summed: only a kernel that is
   * constant is laid as the CPU's convolutions want it.
   */
  adaptConv(x: Value, y: Value, kernel: 1 | 3, attributes: { stride: 1 | 2; pads: readonly [number, number, number, number] }): Value {
    const first = this.target.layout === 'channels-first'
    const adapter = this.#adapter([x.shape[first ? 1 : 3]!, kernel, kernel], [1, 1], y.shape[first ? 1 : 3]!)
    if (!adapter) return y
    const { down, up, scale } = adapter
    if (first) return Add(y, Conv(this.#scaled(Conv(x, down, null, attributes), scale), up, null))
    const matrix = (w: Value): Value => Reshape(w, w.shape.slice(0, 2))
    const low = kernel === 1 ? this.#product(x, matrix(down)) : nhwcConv(x, down, null, attributes)
    return Add(y, this.#product(this.#scaled(low, scale), matrix(up)))
  }

  /** Whether the weight is summed with its adapter in fewer operations than every row of x goes through the adapter alone. */
  #sumCostsLess({ shape: [out, width] }: Value, x: Value): boolean {
    const { adapterFrames, adaptersApart = false } = this.material
    if (adapterFrames !== undefined || adaptersApart) return false
    const rows = elementsOf(x.shape) / width!
    return rows * (width! + out!) > width! * out!
  }

  /** x [..., rank], or [N, rank, h, w] with channels first. */
  #scaled(x: Value, scale: Value): Value {
    const rank = scale.shape.at(-1)!
    const { adapterFrames: F } = this.material
    const channels = x.shape.length === 4 && this.target.layout === 'channels-first' ? [rank, 1, 1] : [rank]
    if (F === undefined) return Mul(x, channels.length === 1 ? scale : Reshape(scale, channels))
    // What is the same for all frames, as the time embedding, has their mean.
    if (x.shape.length === 2) return Mul(x, ReduceMean(scale, [0]))
    // Inside a motion module frames lie along the second axis.
    const alongSecond = /motion_modules\.\d+\.transformer_blocks/.test(this.path)
    const between = x.shape.length === 4 && channels.length === 1 ? [1, 1] : x.shape.length === 3 && !alongSecond ? [1] : []
    return Mul(x, Reshape(scale, [...(alongSecond ? [1] : []), F, ...between, ...channels]))
  }

  #product(a: Value, b: Value): Value {
    return this.target.fusedMatMul ? FusedMatMul(a, b, { transB: true }) : MatMul(a, Transpose(b, [1, 0]))
  }

  #adapter(inner: readonly number[], outer: readonly number[], out: number): { down: Value; up: Value; scale: Value } | null {
    const weight = this.#key('weight')
    const { adapterRank, adapterFrames: frames } = this.material
    const rank = adapterRank?.(weight) ?? 0
    if (rank === 0) return null
    const input = (end: string, shape: readonly number[]): Value => {
      const name = `${weight}.${end}`
      const known = this.graph.inputs.find((value) => value.name === name) // both halves of one weight share its adapter
      return Cast(known ?? this.graph.input(name, 'float32', shape), this.target.type)
    }
    return {
      down: input('lora_down', [rank, ...inner]),
      up: input('lora_up', [out, rank, ...outer]),
      scale: input('lora_scale', frames === undefined ? [rank] : [frames, rank]),
    }
  }

  #key(key: string): string {
    return this.path ? `${this.path}.${key}` : key
  }
}

/** A block of a net: its nodes carry the path of its weights. */
export const block =
  <A extends [Weights, ...unknown[]], R>(build: (...args: A) => R) =>
  (...args: A): R =>
    args[0].graph.within(args[0].path, () => build(...args))

function rowsOf(tensor: Tensor, name: string, { part, of }: Rows): Tensor {
  const shape = tensor.shape.with(0, tensor.shape[0]! / of)
  const bytes = byteLengthOf({ dtype: tensor.dtype, shape })
  const { at } = tensor
  const place =
    at instanceof Uint8Array ? at.subarray(part * bytes, (part + 1) * bytes) : { file: at.file, offset: at.offset + part * bytes }
  return { name: `${name}[${part}/${of}]`, dtype: tensor.dtype, shape, at: place }
}
