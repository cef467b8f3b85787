// A judgement of one drawn loop: whether it shows what was asked, and how well it moves. The same for what a model drew and for the drawn
// truth, so that both can stand in one table.

import type { Frames } from '../engine/index.ts'
import { cameras, isCamera } from '../pocket-world/camera.ts'
import { inLook, type LookName, lookNames } from '../pocket-world/looks.ts'
import { placeNames } from '../pocket-world/places.ts'
import { colourNames, type Scene } from '../pocket-world/scene.ts'
import { type SubjectName, subjectNames } from '../pocket-world/subjects.ts'
import { colourless } from './accuracy.ts'
import { cameraMovement } from './camera-movement.ts'
import type { Classifier, Head, Logits } from './classifier.ts'
import { colourDistance, meanColourOf, type Steadiness, sharpnessOf, steadinessOf } from './measures.ts'
import type { Prompt, WorldWords } from './world-words.ts'

type Asked = Pick<Scene, 'subject' | 'colour' | 'place'>
type Word = keyof Asked

/** JSON. */
export interface Judgement extends Steadiness {
  readonly seed: number
  readonly prompt: string
  readonly asked: Asked
  readonly shown: Asked & { readonly look: LookName | 'plain' }
  /** Colour is null in a look that leaves none. */
  readonly right: Readonly<Record<'subject' | 'place', boolean>> & { readonly colour: boolean | null }
  /** Of the frames, how many by themselves show the subject that the loop shows. */
  readonly steady: number
  /** Mean gradient by that of the truth. */
  readonly sharpness: number
  /** Mean step by that of the truth. */
  readonly liveliness: number
  readonly styled?: Styled
}

export interface Styled {
  readonly name: string
  readonly strength: number
  /** Shows the subject that the same model shows of the same seed without the style. */
  readonly kept: boolean
  /** The style is one of the looks, and the loop shows it. */
  readonly arrived?: boolean
  readonly colour?: StyledColour
  /** The style is one of the cameras: the share of its way that the picture has moved halfway through the loop. */
  readonly moved?: number
}

/** Distances of mean colours, 0 to 1. */
export interface StyledColour {
  /**
   * From the formula applied to what the same model draws of the same seed without the style. A LoRA is to change the look and nothing else:
   * where the model puts a subject and how large must not count for or against its styles.
   */
  readonly off: number
  /** From the formula applied to the drawn truth, which lies as far off as two drawings of the same words do. */
  readonly offTruth: number
  /** From the formula to the drawing without the style: what a style that does nothing would be off. */
  readonly way: number
}

export interface Case {
  readonly prompt: Prompt
  readonly drawn: Frames
  /** The prompt's scene, as large as what was drawn. */
  readonly truth: Frames
  readonly words: WorldWords
  readonly style?: {
    readonly name: string
    readonly strength: number
    /** The same without it, and what that shows. */
    readonly plain: Frames
    readonly plainSubject: SubjectName
  }
}

export async function judge(classifier: Classifier, { prompt, drawn, truth, words, style }: Case): Promise<Judgement> {
  const { scene, seed, text } = prompt
  const asked: Asked = { subject: scene.subject, colour: scene.colour, place: scene.place }
  const frames = await classifier.classify(drawn)
  const shown = wordsOf(frames, words)
  const look = lookNames.find((name) => name === style?.name)
  const reference = look === undefined ? truth : inLook(truth, look)
  const steadiness = steadinessOf(drawn)
  const right = (word: Word): boolean => shown[word] === asked[word]
  return {
    seed,
    prompt: text,
    asked,
    shown,
    right: { subject: right('subject'), colour: colourless.has(style?.name ?? '') ? null : right('colour'), place: right('place') },
    steady: frames.filter((frame) => wordsOf([frame], words).subject === shown.subject).length / frames.length,
    ...steadiness,
    sharpness: sharpnessOf(drawn) / sharpnessOf(reference),
    liveliness: steadiness.motion / steadinessOf(reference).motion,
    ...(style && { styled: styledOf(drawn, reference, style, look, shown) }),
  }
}

function styledOf(
  drawn: Frames,
  reference: Frames,
  { name, strength, plain, plainSubject }: NonNullable<Case['style']>,
  look: LookName | undefined,
  shown: Judgement['shown'],
): Styled {
  const camera = isCamera(name) && cameras[name]
  const styled = { name, strength, kept: shown.subject === plainSubject, ...(camera && { moved: cameraMovement(drawn, camera) }) }
  if (look === undefined) return styled
  const [got, wanted] = [meanColourOf(drawn), meanColourOf(inLook(plain, look))]
  const colour = {
    off: colourDistance(got, wanted),
    offTruth: colourDistance(got, meanColourOf(reference)),
    way: colourDistance(meanColourOf(plain), wanted),
  }
  return { ...styled, arrived: shown.look === look, colour }
}

/** The word of each head that is likeliest over all frames, of those that the model could have been asked for. */
export function wordsOf(frames: readonly Logits[], words: WorldWords): Judgement['shown'] {
  const best = <T extends string>(head: Head, names: readonly T[], allowed: readonly T[]): T => {
    const sums = new Float64Array(names.length)
    for (const frame of frames)
      logProbabilities(frame[head]).forEach((value, i) => {
        sums[i]! += value
      })
    return allowed.reduce((winner, name) => (sums[names.indexOf(name)]! > sums[names.indexOf(winner)]! ? name : winner))
  }
  return {
    subject: best('subject', subjectNames, words.subjects),
    colour: best('colour', colourNames, words.colours),
    place: best('place', placeNames, words.places),
    look: best('look', ['plain', ...lookNames], ['plain', ...lookNames]),
  }
}

export function logProbabilities(logits: Float32Array): Float64Array {
  const most = Math.max(...logits)
  const sum = logits.reduce((total, value) => total + Math.exp(value - most), 0)
  return Float64Array.from(logits, (value) => value - most - Math.log(sum))
}
