// What the UNet is told over a clip: prompts that travel, `0: a cat | 16: a dog`, with the whole prompt grammar inside each key.

import type { Interpolation } from '../../draw-settings.ts'
import { blendAt, type Clip, heldKeyframes, type Keyframe, numbersOver, parseKeyframes } from '../../text/keyframes.ts'
import { promptAt } from '../../text/prompt-schedule.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'
import type { Context } from '../denoise.ts'
import { encodePrompts, encodeTexts, type Prompts, partsOf } from '../prompt/prompt-context.ts'
import type { ClipText } from './travelling-text.ts'

export interface ClipPrompts extends Prompts {
  /** Frames that are drawn. */
  readonly drawn: number
  /** Where keys lie; drawn frames are counted modulo these. */
  readonly keyed: Clip
  readonly interpolation: Interpolation
  /** The share of the way to the next key that a text holds. */
  readonly hold: number
}

/** One text of the prompt grammar at each key, and its weight there. */
type Strand = readonly Keyframe<{ readonly text: string; readonly weight: number }>[]

/**
 * As `encodePrompts`, for prompts that may travel. What AND joins travels part by part; where a key has fewer parts than another, the missing
 * ones weigh nothing.
 * @returns a context for each call; one object for all calls at which nothing changes
 * @throws UserError of `encodePrompts` and `parseKeyframes`
 */
export async function encodeClipPrompts(
  encode: Parameters<typeof encodePrompts>[0],
  tokenizer: Tokenizer,
  prompts: ClipPrompts,
): Promise<Context[]> {
  const { prompt, negative, calls } = prompts
  const travels = [prompt, negative].some((text) => parseKeyframes(text, prompts.keyed.frames) !== null)
  if (!travels) return encodePrompts(encode, tokenizer, prompts)

  const [away, ...towards] = [negativeStrand(prompts), ...strandsOf(prompts)]
  const textsAt = (strand: Strand, call: number): string[] => strand.map(({ value }) => promptAt(value.text, call, calls))
  const all = Array.from({ length: calls }, (_, call) => [away!, ...towards].flatMap((strand) => textsAt(strand, call))).flat()
  const states = await encodeTexts(encode, tokenizer, all, prompts)

  const known = new Map<string, Context>()
  return Array.from({ length: calls }, (_, call) => {
    const clipText = (strand: Strand): ClipText =>
      overClip(
        strand,
        textsAt(strand, call).map((text) => states.get(text)!),
        prompts,
      )
    const key = JSON.stringify([away!, ...towards].map((strand) => textsAt(strand, call)))
    const context = known.get(key) ?? {
      negative: clipText(away!),
      parts: towards.map((strand) => ({ context: clipText(strand), weight: weightsOver(strand, prompts) })),
    }
    known.set(key, context)
    return context
  })
}

const negativeStrand = (prompts: ClipPrompts): Strand =>
  keysOf(prompts.negative, prompts).map(({ frame, value }) => ({ frame, value: { text: value, weight: 1 } }))

function strandsOf(prompts: ClipPrompts): Strand[] {
  const keys = keysOf(prompts.prompt, prompts).map(({ frame, value }) => ({ frame, parts: partsOf(value) }))
  const most = Math.max(...keys.map(({ parts }) => parts.length))
  return Array.from({ length: most }, (_, i) => {
    const first = keys.find(({ parts }) => parts[i])!.parts[i]!.text
    let text = first
    return keys.map(({ frame, parts }) => {
      text = parts[i]?.text ?? text
      return { frame, value: { text, weight: parts[i]?.weight ?? 0 } }
    })
  })
}

/** A text that does not travel is one key. */
function keysOf(text: string, { keyed, hold }: ClipPrompts): Keyframe<string>[] {
  const keys = parseKeyframes(text, keyed.frames)
  return keys ? heldKeyframes(keys, hold, keyed) : [{ frame: 0, value: text }]
}

function overClip(strand: Strand, keys: readonly Float32Array[], { drawn, keyed, interpolation }: ClipPrompts): ClipText {
  if (new Set(keys).size === 1) return keys[0]!
  const blends = Array.from({ length: drawn }, (_, frame) => blendAt(strand, frame % keyed.frames, keyed))
  return { keys, blends, interpolation }
}

function weightsOver(strand: Strand, { drawn, keyed }: ClipPrompts): number | Float64Array {
  const weights = strand.map(({ frame, value }) => ({ frame, value: value.weight }))
  if (weights.every(({ value }) => value === weights[0]!.value)) return weights[0]!.value
  const over = numbersOver(weights, keyed)
  return Float64Array.from({ length: drawn }, (_, frame) => over[frame % keyed.frames]!)
}
