// Reverse-mode differentiation of graphs: appends to a graph the nodes that compute the gradient of one number in it.
// A node's gradient is its operator's rule (gradient/rules.ts), asked for the inputs that a wanted gradient needs. Attention's writes those of
// all its inputs; what nobody reads of them is left out before a graph is run (rows.ts).
// Griewank and Walther, "Evaluating Derivatives" (2008), chapters 3 and 12.

import { type Checkpointing, checkpoints } from './gradient/checkpoints.ts'
import type { Kernels } from './gradient/rule.ts'
import { rules } from './gradient/rules.ts'
import { type Node, pathOf, type Value } from './graph.ts'
import { Add, Cast, ReduceSum, Reshape } from './ops.ts'

export interface GradientOptions {
  readonly kernels: Kernels
  /** The gradient with respect to `y` where `y` is not a single number; 1 otherwise. Shaped as `y`. */
  readonly seed?: Value
  /** What is not kept for the way back but computed again. Absent: everything is kept. */
  readonly checkpointing?: Checkpointing
}

/**
 * d y / d value for each of `wanted`, which are inputs, weights or anything between, by their names; what `y` does not depend on is absent.
 * @throws Error for an operator without a rule on the way
 */
export function gradients(y: Value, wanted: readonly Value[], options: GradientOptions): Map<string, Value> {
  const { graph } = y
  const { seed, kernels, checkpointing } = options
  const forward = [...graph.nodes]
  const needed = dependents(forward, wanted)
  const available = checkpoints(graph, forward, checkpointing)
  const sums = new Map([[y.name, seed ?? one(y)]])

  for (const node of forward.toReversed()) {
    const dys = node.outputs.map(({ name }) => sums.get(name))
    if (dys.every((dy) => dy === undefined) || !node.inputs.some((input) => input && needed.has(input.name))) continue
    graph.within(`backward/${pathOf(node.name)}`, () => {
      const rule = rules[node.op]
      if (!rule) throw new Error(`${node.name}: no gradient is known for ${node.op}; write the net for a target that training takes`)
      const x = (i: number): Value => available(node.inputs[i]!)
      const parts = rule({ node, dys, dy: dys[0]!, x, y: () => available(node.outputs[0]!), kernels })
      for (const [i, input] of node.inputs.entries()) {
        if (!input || !needed.has(input.name)) continue
        const part = parts[i]
        if (!part) throw new Error(`${node.name}: no gradient is known for input ${i} of ${node.op}`)
        const dx = summedTo(part(), input.shape)
        const sum = sums.get(input.name)
        sums.set(input.name, sum ? Add(sum, dx) : dx)
      }
    })
  }
  return new Map(wanted.flatMap(({ name }) => (sums.has(name) ? [[name, sums.get(name)!] as const] : [])))
}

/** Names of all values that depend on these, and of these. */
function dependents(nodes: readonly Node[], values: readonly Value[]): ReadonlySet<string> {
  const names = new Set(values.map(({ name }) => name))
  for (const { inputs, outputs } of nodes) {
    if (inputs.some((input) => input && names.has(input.name))) for (const { name } of outputs) names.add(name)
  }
  return names
}

function one({ graph, name, shape, type }: Value): Value {
  if (shape.some((side) => side !== 1)) throw new Error(`${name} [${shape}] is not a single number: a seed is needed`)
  return graph.constant([1], shape, type as 'float32' | 'float16')
}

/** Undoes broadcasting: what was read several times gets the sum. Long sums in half precision would lose what they add up. */
function summedTo(dx: Value, shape: readonly number[]): Value {
  const extra = dx.shape.length - shape.length
  const axes = dx.shape.flatMap((side, i) => (side !== 1 && (i < extra || shape[i - extra] === 1) ? [i] : []))
  return Reshape(axes.length > 0 ? Cast(ReduceSum(Cast(dx, 'float32'), axes), dx.type) : dx, shape)
}
