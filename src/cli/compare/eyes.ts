// Eyes: what looks at frames in a comparison. A CLIP, for anything; or on the small model's world the judge, whose classifier knows its words.

import type { Frames } from '../../engine/index.ts'
import {
  type ClipEmbeddings,
  type ClipModel,
  type ClipRunner,
  embedFrames,
  embedPrompts,
  textAlignment,
  unitRows,
} from '../../engine/train.ts'
import { classifiedSquare } from '../../judge/classified-square.ts'
import type { Classifier } from '../../judge/classifier.ts'
import { frameMeasuresOf } from '../../judge/frame-measures.ts'
import { sharpnessOf, steadinessOf } from '../../judge/measures.ts'
import type { Prompt, WorldWords } from '../../judge/world-words.ts'
import { renderLoop } from '../../pocket-world/render.ts'

export interface ComparedPrompt {
  readonly text: string
  /** Of the small model's world: what it asks for. */
  readonly asked?: Prompt
}

/** What only a world of known words tells: percent of frames that are right by themselves, sharpness and seam as judge/ has them. */
export interface WorldFigures {
  readonly subject: number
  readonly colour: number
  readonly place: number
  readonly sharpness: number
  readonly seam: number
}

/** `text`: how well the frames fit the words. */
export type SeenFigures = { readonly text: number } & Partial<WorldFigures>

export interface Eye {
  /** Rows of length one. */
  embed(frames: Frames): Promise<ClipEmbeddings>
  /** How well frames fit the words, and what else is seen of them. @param shown the frames' embeddings */
  read(prompt: ComparedPrompt, frames: Frames, shown: ClipEmbeddings): Promise<SeenFigures>
  close(): Promise<void>
}

export function clipEye(clip: ClipModel, runner: ClipRunner): Eye {
  const width = clip.image.embedding
  return {
    embed: async (frames) => unitRows(await embedFrames(clip, frames, runner), width),
    async read({ text }, _, shown) {
      const [words] = unitRows(await embedPrompts(clip, [text], runner), width)
      return { text: textAlignment(shown, words!) }
    },
    close: async () => {},
  }
}

/** Of prompts of the world alone. */
export const judgeEye = (classifier: Classifier, words: WorldWords): Eye => ({
  embed: async (frames) => (await classifier.embed(classifiedSquare(frames))).flatMap((row) => unitRows(row, row.length)),
  async read({ asked }, frames) {
    const square = classifiedSquare(frames)
    const truth = renderLoop(asked!.scene)
    return {
      ...frameMeasuresOf(await classifier.classify(square), asked!, words),
      sharpness: sharpnessOf(square) / sharpnessOf(truth),
      seam: steadinessOf(square).seam,
    }
  },
  close: () => classifier.release(),
})
