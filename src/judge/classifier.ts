// An image classifier for drawn loops: what each frame shows, run in ONNX Runtime on the CPU.

import { join } from 'node:path'
import { classifierGraph, type Frames, frameAt, openTensorFile } from '../engine/index.ts'
import { createSession } from '../engine/run.ts'
import { resize } from '../media/pixels/resize.ts'
import { omitUndefined } from '../omit-undefined.ts'

/** Each with the number of its words. */
export const heads = { subject: 20, colour: 10, place: 10, look: 8 } as const

export type Head = keyof typeof heads

const headNames = Object.keys(heads) as readonly Head[]

/** Pixels of both sides. */
export const classifiedSide = 128

/** Of one picture: for each head the logits of its words. */
export type Logits = Readonly<Record<Head, Float32Array>>

export interface Classifier {
  /** One answer a frame; frames of another size are brought to 128 × 128. */
  classify(frames: Frames): Promise<Logits[]>
  /** What it saw in each frame, before it named it: rows that lie near one another where pictures are alike. */
  embed(frames: Frames): Promise<Float32Array[]>
  release(): Promise<void>
}

const shipped = join(import.meta.dirname, '../../models/judge/classifier.safetensors')

/** Pictures that are looked at together. */
const batch = 16

export async function openClassifier({
  file = shipped,
  threads,
}: {
  readonly file?: string
  readonly threads?: number
} = {}): Promise<Classifier> {
  const { path, tensors } = openTensorFile(file)
  const graph = classifierGraph(path, tensors, { pictures: batch, side: classifiedSide, heads })
  const session = await createSession(graph, omitUndefined({ threads }))
  async function* answers(frames: Frames): AsyncGenerator<{ outputs: Outputs; count: number }> {
    const sized = resize(frames, classifiedSide, classifiedSide)
    for (let first = 0; first < sized.count; first += batch) {
      const count = Math.min(batch, sized.count - first)
      yield { outputs: await session.run({ pictures: planes(sized, first, count) }), count }
    }
  }
  return {
    classify: (frames) => Array.fromAsync(answers(frames), ({ outputs, count }) => rowsOf(outputs, count)).then((parts) => parts.flat()),
    embed: (frames) =>
      Array.fromAsync(answers(frames), ({ outputs, count }) => {
        const all = outputs['embedding']!
        const width = all.length / batch
        return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width))
      }).then((parts) => parts.flat()),
    release: () => session.release(),
  }
}

type Outputs = Readonly<Record<string, Float32Array>>

/** Frames from `first` on as [batch, 3, 128, 128] in −1..1; what is missing of a batch stays grey. */
function planes(frames: Frames, first: number, count: number): Float32Array {
  const area = classifiedSide ** 2
  const out = new Float32Array(batch * 3 * area)
  for (let i = 0; i < count; i++) {
    const pixels = frameAt(frames, first + i)
    for (let c = 0; c < 3; c++) {
      const plane = (i * 3 + c) * area
      for (let k = 0; k < area; k++) out[plane + k] = pixels[3 * k + c]! / 127.5 - 1
    }
  }
  return out
}

const rowsOf = (outputs: Outputs, count: number): Logits[] =>
  Array.from(
    { length: count },
    (_, i) => Object.fromEntries(headNames.map((name) => [name, outputs[name]!.slice(i * heads[name], (i + 1) * heads[name])])) as Logits,
  )
