// An ONNX writer: a graph as the bytes of a ModelProto. Weights in files become external data at their own offset, so nothing is copied.
// Field numbers: onnx/onnx onnx/onnx.proto. Locations are relative to the root of the file system: see runtime/session.ts.

import { byteLengthOf } from '../checkpoint/tensor/tensor.ts'
import { dataType } from './data-type.ts'
import type { Attribute, Graph, Initializer, Node, Value } from './graph.ts'
import { ProtobufWriter } from './protobuf.ts'

const irVersion = 11

/** The lowest that has the graph's operators: kernels are registered by version, and the providers of GPUs lag behind. */
const opsetOf = ({ nodes }: Graph): number => (nodes.some(({ op }) => op === 'Attention') ? 23 : 20)

export function writeModel(graph: Graph): Uint8Array {
  return new ProtobufWriter()
    .int(1, irVersion)
    .string(2, 'zoetrope')
    .message(7, graphProto(graph))
    .message(8, new ProtobufWriter().string(1, '').int(2, opsetOf(graph)))
    .message(8, new ProtobufWriter().string(1, 'com.microsoft').int(2, 1))
    .finish()
}

function graphProto(graph: Graph): ProtobufWriter {
  const out = new ProtobufWriter()
  for (const node of graph.nodes) out.message(1, nodeProto(node))
  out.string(2, graph.name)
  for (const initializer of graph.initializers.values()) out.message(5, tensorProto(initializer))
  for (const value of graph.inputs) out.message(11, valueInfo(value))
  for (const value of graph.outputs) out.message(12, valueInfo(value))
  return out
}

function nodeProto(node: Node): ProtobufWriter {
  const out = new ProtobufWriter()
  for (const input of node.inputs) out.string(1, input?.name ?? '')
  for (const output of node.outputs) out.string(2, output.name)
  out.string(3, node.name).string(4, node.op)
  for (const [name, value] of Object.entries(node.attributes)) out.message(5, attributeProto(name, value))
  return out.string(7, node.domain)
}

function attributeProto(name: string, value: Attribute): ProtobufWriter {
  const out = new ProtobufWriter().string(1, name)
  if (typeof value === 'number') return out.int(3, value).int(20, 2)
  if (typeof value === 'string') return out.string(4, value).int(20, 3)
  if ('float' in value) return out.float(2, value.float).int(20, 1)
  for (const i of value) out.int(8, i)
  return out.int(20, 7)
}

function tensorProto({ value, tensor }: Initializer): ProtobufWriter {
  const out = new ProtobufWriter()
  for (const side of value.shape) out.int(1, side)
  out.int(2, dataType[value.type]).string(8, value.name)
  if (tensor.at instanceof Uint8Array) return out.bytes(9, tensor.at)
  const entries = { location: tensor.at.file.replace(/^\//, ''), offset: tensor.at.offset, length: byteLengthOf(tensor) }
  for (const [key, entry] of Object.entries(entries)) out.message(13, new ProtobufWriter().string(1, key).string(2, String(entry)))
  return out.int(14, 1)
}

function valueInfo(value: Value): ProtobufWriter {
  const shape = new ProtobufWriter()
  for (const side of value.shape) shape.message(1, new ProtobufWriter().int(1, side))
  const tensor = new ProtobufWriter().int(1, dataType[value.type]).message(2, shape)
  return new ProtobufWriter().string(1, value.name).message(2, new ProtobufWriter().message(1, tensor))
}
