// Weights are walked like folders: a block sees its corner of the checkpoint only, and asks for what it needs by key and shape.
// What was asked for is remembered, so that missing and unused keys can be told apart afterwards.

import type { Tensor } from '../checkpoint/tensor.ts'
import { UserError } from '../errors.ts'
import type { Graph, Value } from '../onnx/graph.ts'
import { Add, Cast, Conv, FusedMatMul, MatMul, Transpose } from '../onnx/ops.ts'
import type { Target } from '../targets/target.ts'

/** What the whole net is made from; shared by every corner of it. */
export interface Material {
  readonly graph: Graph
  readonly target: Target
  /** The file, for error messages. */
  readonly file: string
  /** By diffusers' names. */
  readonly tensors: ReadonlyMap<string, Tensor>
  /** Rank of the low-rank adapter beside each weight that takes one, by the weight's full name; 0 or absent: none. */
  readonly adapterRank?: (weight: string) => number
}

export class Weights {
  readonly path: string
  readonly material: Material
  readonly asked: Set<string>

  constructor(material: Material, path = '', asked: Set<string> = new Set()) {
    this.material = material
    this.path = path
    this.asked = asked
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

  has(key: string): boolean {
    return this.material.tensors.has(this.#key(key))
  }

  /** The weight as a value of the target's type. Throws a UserError naming key, expected, got and file where it is missing or differs. */
  get(key: string, shape: readonly number[], type = this.target.type): Value {
    const name = this.#key(key)
    const tensor = this.material.tensors.get(name)
    this.asked.add(name)
    const { file } = this.material
    if (!tensor) throw new UserError('weight-missing', `${file} has no ${name}, expected [${shape}].`, { key: name, shape, file })
    if (tensor.shape.length !== shape.length || tensor.shape.some((side, i) => side !== shape[i])) {
      throw new UserError('weight-shape', `${name} in ${file} is [${tensor.shape}], expected [${shape}].`, {
        key: name,
        expected: shape,
        got: tensor.shape,
        file,
      })
    }
    return Cast(this.graph.initializer({ ...tensor, name }), type)
  }

  /** y + (x downᵀ) upᵀ where an adapter runs beside this corner's weight: x [..., in], y [..., out]; down and up are inputs of the graph. */
  adaptLinear(x: Value, y: Value): Value {
    const pair = this.#adapter([x.shape.at(-1)!], [], y.shape.at(-1)!)
    if (!pair) return y
    const product = (a: Value, b: Value): Value =>
      this.target.fusedMatMul ? FusedMatMul(a, b, { transB: true }) : MatMul(a, Transpose(b, [1, 0]))
    return Add(y, product(product(x, pair.down), pair.up))
  }

  /** The same for a convolution in channels-first layout: a k×k convolution to the rank, then 1×1 up. */
  adaptConv(x: Value, y: Value, kernel: number, attributes: { stride: number; pads: readonly number[] }): Value {
    const pair = this.#adapter([x.shape[1]!, kernel, kernel], [1, 1], y.shape[1]!)
    return pair ? Add(y, Conv(Conv(x, pair.down, null, attributes), pair.up, null)) : y
  }

  #adapter(inner: readonly number[], outer: readonly number[], out: number): { down: Value; up: Value } | null {
    const weight = this.#key('weight')
    const rank = this.material.adapterRank?.(weight) ?? 0
    if (rank === 0) return null
    const input = (name: string, shape: readonly number[]): Value =>
      Cast(this.graph.input(`${weight}.${name}`, 'float32', shape), this.target.type)
    return { down: input('lora_down', [rank, ...inner]), up: input('lora_up', [out, rank, ...outer]) }
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
