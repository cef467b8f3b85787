// A node of one output, as most operators add it to their graph.

import type { Attribute, ElementType, Value } from '../graph.ts'

/** Adds it to the graph of its first input, whose element type it has where `type` says no other. */
export function addNode(
  op: string,
  inputs: readonly (Value | null)[],
  shape: readonly number[],
  attributes: Record<string, Attribute> = {},
  options: { type?: ElementType; domain?: string } = {},
): Value {
  const first = inputs[0]!
  const result = { type: options.type ?? first.type, shape }
  return first.graph.node(op, inputs, attributes, [result], options.domain ? { domain: options.domain } : {})[0]!
}

/** The domain of ONNX Runtime's own operators. */
export const microsoft = { domain: 'com.microsoft' }
