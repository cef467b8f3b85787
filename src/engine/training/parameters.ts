// What is trained, as one array: every tensor of it has its place there, and every input of a graph that reads one is a view.

import { elementsOf, type Tensor } from '../checkpoint/tensor.ts'
import type { Value } from '../onnx/graph.ts'
import type { Feeds, Outputs } from '../runtime/session.ts'

/** A tensor that is trained. */
export interface Parameter {
  /** Our nets' name of the weight; of an adapter's factors also which. */
  readonly name: string
  readonly shape: readonly number[]
  /** In elements, within the array. */
  readonly offset: number
}

interface View {
  readonly input: string
  readonly offset: number
  readonly length: number
}

export interface Parameters {
  readonly all: readonly Parameter[]
  /** Elements in all. */
  readonly length: number
  /** What a graph is fed from such an array. Nothing is copied. */
  feeds(values: Float32Array): Feeds
  /** Adds the gradients that a graph gave to such an array; what the loss does not depend on is not among them. */
  addGradients(outputs: Outputs, sums: Float32Array): void
  /** One tensor of such an array. Nothing is copied. */
  view(values: Float32Array, name: string): Float32Array
}

/** The graph's output with the gradient of an input. */
export const gradientOf = (input: string): string => `gradient:${input}`

/** nets/weights.ts reads some weights as equal parts of their rows: `name[0/2]`. */
const part = /^(.*)\[(\d+)\/(\d+)\]$/

/** The weight that an input or initializer of a graph is, whole or in part. */
export const weightOf = (input: string): string => part.exec(input)?.[1] ?? input

/** @param trained the inputs of a graph that are trained; the parts of a weight side by side */
export function parametersOf(trained: readonly Pick<Value, 'name' | 'shape'>[]): Parameters {
  const all = new Map<string, Parameter>()
  const views: View[] = []
  let end = 0
  for (const { name: input, shape } of trained) {
    const [, whole, place, of] = part.exec(input) ?? [input, input, '0', '1']
    const length = elementsOf(shape)
    const known = all.get(whole!)
    const parameter = known ?? { name: whole!, shape: shape.with(0, shape[0]! * Number(of)), offset: end }
    if (!known) end += length * Number(of)
    all.set(whole!, parameter)
    views.push({ input, offset: parameter.offset + Number(place) * length, length })
  }
  return {
    all: [...all.values()],
    length: end,
    feeds: (values) => Object.fromEntries(views.map(({ input, offset, length }) => [input, values.subarray(offset, offset + length)])),
    addGradients(outputs, sums) {
      for (const { input, offset } of views) {
        const gradient = outputs[gradientOf(input)]
        if (gradient) for (let i = 0; i < gradient.length; i++) sums[offset + i]! += gradient[i]!
      }
    },
    view(values, name) {
      const { offset, shape } = all.get(name)!
      return values.subarray(offset, offset + elementsOf(shape))
    },
  }
}

/** A net's tensors with the trained ones as what they are fed as: float32, whatever their file holds. */
export function widened(tensors: ReadonlyMap<string, Tensor>, trained: (name: string) => boolean): ReadonlyMap<string, Tensor> {
  return new Map([...tensors].map(([name, tensor]) => [name, trained(name) ? { ...tensor, dtype: 'F32', at: new Uint8Array() } : tensor]))
}
