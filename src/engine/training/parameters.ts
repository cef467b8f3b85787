// What is trained, as one array: every tensor of it has its place there, and every input of a graph that reads one is a view.

import { elementsOf, type Tensor } from '../checkpoint/tensor/tensor.ts'
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

/** By input of the graph. Where the loss does not depend on one, it is absent, which means zeros. */
export type Gradients = Readonly<Record<string, Float32Array>>

/** Where an input of the graph lies in the array. */
interface View {
  readonly input: string
  readonly offset: number
  readonly length: number
}

export interface Parameters {
  readonly all: readonly Parameter[]
  readonly views: readonly View[]
  /** Elements in all. */
  readonly length: number
  /** What a graph is fed from such an array. Nothing is copied. */
  feeds(values: Float32Array): Feeds
  has(name: string): boolean
  /** One tensor of such an array. Nothing is copied. */
  view(values: Float32Array, name: string): Float32Array
  /** The gradients among what a graph gave. */
  gradientsIn(outputs: Outputs): Gradients
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
    views,
    length: end,
    feeds: (values) => Object.fromEntries(views.map(({ input, offset, length }) => [input, values.subarray(offset, offset + length)])),
    has: (name) => all.has(name),
    view(values, name) {
      const { offset, shape } = all.get(name)!
      return values.subarray(offset, offset + elementsOf(shape))
    },
    gradientsIn: (outputs) =>
      Object.fromEntries(
        views.flatMap(({ input }) => {
          const gradient = outputs[gradientOf(input)]
          return gradient ? [[input, gradient]] : []
        }),
      ),
  }
}

/** Adds `more` to `sums`, in place. Both are of one graph. */
export function addGradients(sums: Gradients, more: Gradients): void {
  for (const [input, gradient] of Object.entries(more)) {
    const sum = sums[input]!
    for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!
  }
}

/** ‖gradient‖ of all tensors together, summed in double precision. */
export function normOf(gradients: Gradients): number {
  let sum = 0
  for (const gradient of Object.values(gradients)) for (let i = 0; i < gradient.length; i++) sum += gradient[i]! ** 2
  return Math.sqrt(sum)
}

/** A net's tensors with the trained ones as what they are fed as: float32, whatever their file holds. */
export function widened(tensors: ReadonlyMap<string, Tensor>, trained: (name: string) => boolean): ReadonlyMap<string, Tensor> {
  return new Map([...tensors].map(([name, tensor]) => [name, trained(name) ? { ...tensor, dtype: 'F32', at: new Uint8Array() } : tensor]))
}
