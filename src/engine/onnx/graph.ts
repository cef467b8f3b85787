// A graph builder. Every node is checked when it is written: a wrong shape fails on the line that wrote it.
// Shapes are static numbers, because ONNX Runtime plans memory and picks kernels better when it knows them.

import { elementsOf, type Tensor } from '../checkpoint/tensor/tensor.ts'

// biome-ignore format: a family to a line
export type ElementType =
  | 'float32' | 'float16' | 'bfloat16' | 'float64' | 'float8e4m3fn' | 'float8e5m2'
  | 'int64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'bool'

/** An edge of the graph: what a node gives, an input, or a weight. */
export interface Value {
  readonly graph: Graph
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
}

export type Attribute = number | string | readonly number[] | { readonly float: number }

export interface Node {
  /** Where it stands in the net, then the op: `down_blocks.0.resnets.0.conv1/Conv`. */
  readonly name: string
  readonly op: string
  /** '' is ONNX's own; 'com.microsoft' are ONNX Runtime's. */
  readonly domain: string
  /** null stands for an optional input that is left out. */
  readonly inputs: readonly (Value | null)[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A constant of the graph: bytes in a file, or in memory. */
export interface Initializer {
  readonly value: Value
  readonly tensor: Tensor
}

const typeOf = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8e4m3fn',
  F8_E5M2: 'float8e5m2',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
} as const

export class Graph {
  readonly name: string
  readonly inputs: Value[] = []
  readonly outputs: Value[] = []
  readonly nodes: Node[] = []
  readonly initializers = new Map<string, Initializer>()
  #path = ''
  readonly #taken = new Map<string, number>()
  readonly #constants = new Map<string, Value>()

  constructor(name: string) {
    this.name = name
  }

  input(name: string, type: ElementType, shape: readonly number[]): Value {
    const value = { graph: this, name, type, shape }
    this.inputs.push(value)
    return value
  }

  /** Makes `value` an output of the graph, under a name of its own. */
  output(name: string, value: Value): void {
    const [named] = this.node('Identity', [value], {}, [value], { names: [name] })
    this.outputs.push(named!)
  }

  /** A weight under its own name; asking twice gives the same value. */
  initializer(tensor: Tensor): Value {
    const known = this.initializers.get(tensor.name)
    if (known) return known.value
    const value = { graph: this, name: tensor.name, type: typeOf[tensor.dtype], shape: tensor.shape }
    this.initializers.set(tensor.name, { value, tensor })
    return value
  }

  /** A constant that belongs to the net, not to the checkpoint; equal ones are kept once. */
  constant(values: readonly number[] | Float32Array, shape: readonly number[], type: 'float32' | 'float16' | 'int64'): Value {
    if (values.length !== elementsOf(shape)) throw new Error(`constant: ${values.length} values for [${shape}]`)
    const [dtype, array] =
      type === 'int64'
        ? (['I64', BigInt64Array.from(values as readonly number[], BigInt)] as const)
        : type === 'float16'
          ? (['F16', Float16Array.from(values)] as const)
          : (['F32', Float32Array.from(values)] as const)
    const bytes = new Uint8Array(array.buffer)
    const key = `${dtype}[${shape}]${Buffer.from(bytes).toString('latin1')}`
    let value = this.#constants.get(key)
    if (!value) {
      value = this.initializer({ name: this.#unique('constant'), dtype, shape, at: bytes })
      this.#constants.set(key, value)
    }
    return value
  }

  /** Writes one node; `results` are the types and shapes that the op's rule gives. The operators of ops.ts call this, nets call those. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>>,
    results: readonly { readonly type: ElementType; readonly shape: readonly number[] }[],
    options: { readonly domain?: string; readonly names?: readonly string[] } = {},
  ): Value[] {
    const name = this.#unique(this.#path ? `${this.#path}/${op}` : op)
    const outputs = results.map((result, i) => ({
      graph: this,
      name: options.names?.[i] ?? (results.length === 1 ? name : `${name}.${i}`),
      type: result.type,
      shape: result.shape,
    }))
    this.nodes.push({ name, op, domain: options.domain ?? '', inputs, outputs, attributes })
    return outputs
  }

  /** Nodes written by `build` carry this path, so that a profile or an error of ONNX Runtime points into the net. */
  within<T>(path: string, build: () => T): T {
    const outer = this.#path
    this.#path = path
    try {
      return build()
    } finally {
      this.#path = outer
    }
  }

  #unique(name: string): string {
    const n = this.#taken.get(name) ?? 0
    this.#taken.set(name, n + 1)
    return n === 0 ? name : `${name}:${n}`
  }
}

/** The block that wrote a node, by the node's name. */
export const pathOf = (node: string): string => node.slice(0, Math.max(0, node.lastIndexOf('/')))

/** Of a graph's weights as float32, which is what they are unpacked to. */
export const weightBytes = ({ initializers }: Graph): number =>
  initializers.values().reduce((sum, { tensor }) => sum + 4 * elementsOf(tensor.shape), 0)
