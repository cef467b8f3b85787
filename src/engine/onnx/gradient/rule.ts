// What a rule of differentiation is: from the gradients of what a node gave to those of what it read.

import type { Attribute, Node, Value } from '../graph.ts'

/** What the device has kernels for, beyond the operators that every device has. */
export interface Kernels {
  /** com.microsoft FusedMatMul. */
  readonly fusedMatMul: boolean
  /** LayerNormalization's second and third output. */
  readonly normStatistics: boolean
}

/** A node on the way back. */
export interface Call {
  readonly node: Node
  /** Gradients of its outputs, undefined where nothing depends on one; `dy` is the first. */
  readonly dys: readonly (Value | undefined)[]
  readonly dy: Value
  /** What it read and what it gave first, computed again where that was not kept: asking has a price. */
  readonly x: (i: number) => Value
  readonly y: () => Value
  readonly kernels: Kernels
}

/** For each input what writes its gradient, in the shape that broadcasting gave the input; called for wanted ones only. */
export type Rule = (call: Call) => readonly (() => Value)[]

export const floatOf = (attribute: Attribute | undefined): number => (attribute as { readonly float: number }).float

/** A constant's integers. */
export function integersOf({ graph, name }: Value): number[] {
  const bytes = graph.initializers.get(name)!.tensor.at as Uint8Array
  return Array.from(new BigInt64Array(bytes.slice().buffer), Number)
}
