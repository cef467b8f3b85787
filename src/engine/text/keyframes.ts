// Keyframes: what holds at some frames of a clip, and how the frames between are blended of it. Prompts write them `0: a cat | 16: a dog`
// (prompt travel); numbers travel the same way.
// F frames of the clip

import { UserError } from '../errors.ts'
import { roundHalfToEven } from '../samplers/spacing.ts'
import { splitOutside } from './prompt-schedule.ts'

export interface Keyframe<T> {
  /** From 0. */
  readonly frame: number
  readonly value: T
}

export interface Clip {
  /** F */
  readonly frames: number
  /** After the last key comes the first again; otherwise the last holds. */
  readonly cyclic: boolean
}

/** A share of 1 − `t` of key `from` and of `t` of key `to`, by their places among the keys. */
export interface Blend {
  readonly from: number
  readonly to: number
  readonly t: number
}

/**
 * Keys in their order, or null for a text that does not travel: one without `|` outside its brackets, or whose first part begins with no frame.
 * @throws UserError `keyframe-missing` for a part without a frame, `keyframe-twice`, `keyframe-beyond`
 */
export function parseKeyframes(text: string, frames: number): Keyframe<string>[] | null {
  const parts = splitOutside(text, '|').map((part) => part.trim())
  if (parts.length < 2 || !written.test(parts[0]!)) return null
  const keys = parts.map((part) => {
    const [, frame, value] = written.exec(part) ?? []
    if (frame === undefined) {
      throw new UserError(
        'keyframe-missing',
        `Every part of a text that changes over time begins with its frame, as in "16: …": not "${part}".`,
        {
          part,
        },
      )
    }
    return { frame: Number(frame), value: value! }
  })
  return sorted(keys, frames)
}

/** A text at a key as it was written: '16: ' and what follows; '' before one that stands for the whole clip. */
export interface KeyedText {
  readonly key: string
  readonly text: string
}

/** For those who look at words alone, whatever the clip: one text without a key where nothing changes over the frames. Throws nothing. */
export function keyedTexts(text: string): KeyedText[] {
  const parts = splitOutside(text, '|').map((part) => part.trim())
  if (parts.length < 2 || !written.test(parts[0]!)) return [{ key: '', text }]
  return parts.map((part) => {
    const [, frame, value] = written.exec(part) ?? []
    return frame === undefined ? { key: '', text: part } : { key: `${frame}: `, text: value! }
  })
}

/** The same keys with other texts. */
export const overKeyedTexts = (text: string, change: (text: string) => string): string =>
  keyedTexts(text)
    .map((part) => part.key + change(part.text))
    .join(' | ')

const written = /^(\d+)\s*:\s*(.*)$/s

/** @throws UserError `keyframe-twice`, `keyframe-beyond` */
function sorted<T>(keys: readonly Keyframe<T>[], frames: number): Keyframe<T>[] {
  const inOrder = keys.toSorted((a, b) => a.frame - b.frame)
  for (const [i, { frame }] of inOrder.entries()) {
    if (frame >= frames) {
      throw new UserError('keyframe-beyond', `There is no frame ${frame}: this clip has ${frames}, counted from 0 to ${frames - 1}.`, {
        frame,
        last: frames - 1,
        frames,
      })
    }
    if (frame === inOrder[i + 1]?.frame) {
      throw new UserError('keyframe-twice', `Frame ${frame} is given twice.`, { frame })
    }
  }
  return inOrder
}

/** Numbers at keys, `0: 7 | 16: 4`. @throws UserError `keyframe-number`, and those of `parseKeyframes` */
export function parseNumberKeyframes(text: string, frames: number): Keyframe<number>[] {
  const keys = parseKeyframes(text, frames)
  const notNumber = keys?.find(({ value }) => value === '' || !Number.isFinite(Number(value)))
  if (!keys || notNumber) {
    throw new UserError('keyframe-number', `Numbers that change over time are written as in "0: 7 | 16: 4", not "${text}".`, { text })
  }
  return keys.map(({ frame, value }) => ({ frame, value: Number(value) }))
}

/**
 * What `frame` is blended of. Before the first key the last holds on its way to it where the clip is cyclic, otherwise the first.
 * @param keys in their order, at least one
 */
export function blendAt(keys: readonly Keyframe<unknown>[], frame: number, { frames: F, cyclic }: Clip): Blend {
  const last = keys.length - 1
  const next = keys.findIndex((key) => key.frame > frame) // −1 behind the last key
  const isOutside = next <= 0
  if (last === 0 || (isOutside && !cyclic)) {
    const only = next === 0 ? 0 : last
    return { from: only, to: only, t: 0 }
  }
  const [from, to] = isOutside ? [last, 0] : [next - 1, next]
  const distance = (keys[to]!.frame - keys[from]!.frame + F) % F
  return { from, to, t: ((frame - keys[from]!.frame + F) % F) / distance }
}

/** A number for each frame, [F]: straight lines from key to key. */
export function numbersOver(keys: readonly Keyframe<number>[], clip: Clip): Float64Array {
  return Float64Array.from({ length: clip.frames }, (_, frame) => {
    const { from, to, t } = blendAt(keys, frame, clip)
    return (1 - t) * keys[from]!.value + t * keys[to]!.value
  })
}

/**
 * Every key holds for a share of the way to the next before it changes: a copy of it stands there (prompt-travel's `prompt_fixed_ratio`).
 * That program writes the copies behind the sorted keys and then reads them as if they were sorted; here they are.
 * @param share 0 … 1
 */
export function heldKeyframes<T>(keys: readonly Keyframe<T>[], share: number, { frames: F, cyclic }: Clip): Keyframe<T>[] {
  return keys.flatMap((key, i) => {
    const next = keys[i + 1]?.frame ?? (cyclic ? F : undefined)
    if (next === undefined) return [key]
    const until = Math.min(key.frame + roundHalfToEven((next - key.frame) * share), next - 1)
    return until > key.frame ? [key, { ...key, frame: until }] : [key]
  })
}
