// A size limit in bytes, met first by quality, then by size, then by frames per second, in at most eight encodes.

import { type Note, UserError } from '../errors.ts'

export interface Rung {
  readonly quality: number
  readonly width: number
  readonly height: number
  /** Every n-th frame is kept. */
  readonly every: number
}

/** What was lowered, as it ended: `scale` is of the size that was asked for. `note` says it to people. */
export interface Reduced {
  readonly quality: number
  readonly scale: number
  readonly fps: number
  readonly encodes: number
  readonly note: Note
}

/** The part of an Animation that the search looks at. */
interface Encoded {
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
  readonly fps: number
}

/** Below this, less size looks better than less quality. */
const LOWEST_QUALITY = 40
const QUALITY_STEP = 5
/** Each step down in size leaves 72 % of the pixels, to a sixteenth of them at the end. */
const SIZE_STEP = 0.85
const SMALLEST_SCALE = 0.25
const SMALLEST_SIDE = 16
const LARGEST_EVERY = 4
/** Encodes spent, once a size is found, on giving back quality. */
const REFINEMENTS = 2

/**
 * The best of `whole` and its reductions that has at most `maxBytes`.
 *
 * @throws UserError `animation-too-large`, with the bytes of the smallest that was tried
 */
export async function fit<T extends Encoded>(
  encode: (rung: Rung) => Promise<T>,
  whole: Rung,
  { maxBytes, frames }: { maxBytes: number; frames: number },
): Promise<T & { reduced?: Reduced }> {
  const asked = await encode(whole)
  if (asked.bytes.length <= maxBytes) return asked

  let encodes = 1
  let smallest = asked.bytes.length
  let best: { result: T; rung: Rung } | undefined
  const fits = async (rung: Rung): Promise<boolean> => {
    encodes++
    const result = await encode(rung)
    smallest = Math.min(smallest, result.bytes.length)
    if (result.bytes.length > maxBytes) return false
    best = { result, rung }
    return true
  }

  // Bytes fall from rung to rung, so halving finds the highest that fits; where none does, it ends at the lowest.
  const rungs = ladder(whole, frames)
  let low = 0
  let high = rungs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (await fits(rungs[middle]!)) high = middle
    else low = middle + 1
  }
  const found = rungs[low]
  if (!found) {
    const sentence = `The animation cannot be made smaller than ${amount(smallest)}, the limit is ${amount(maxBytes)}.`
    throw new UserError('animation-too-large', sentence, { smallest, maxBytes })
  }
  const sizeLowered = found.every > 1 || found.width < whole.width || found.height < whole.height
  let quality = found.quality
  let above = sizeLowered ? whole.quality : Math.min(whole.quality, quality + QUALITY_STEP)
  for (let i = 0; i < REFINEMENTS && above - quality > 1; i++) {
    const middle = Math.round((above + quality) / 2)
    if (await fits({ ...found, quality: middle })) quality = middle
    else above = middle
  }
  const { result, rung } = best!
  const note = noteOn(lowered(whole, rung, asked, result), maxBytes)
  return { ...result, reduced: { quality: rung.quality, scale: result.width / asked.width, fps: result.fps, encodes, note } }
}

/** From the gentlest reduction to the hardest. */
function ladder(whole: Rung, frames: number): Rung[] {
  const rungs: Rung[] = []
  let last = whole
  const add = (rung: Rung) => {
    last = rung
    rungs.push(rung)
  }
  while (last.quality > LOWEST_QUALITY) add({ ...last, quality: Math.max(LOWEST_QUALITY, last.quality - QUALITY_STEP) })
  for (let scale = SIZE_STEP; scale >= SMALLEST_SCALE; scale *= SIZE_STEP) {
    const width = Math.round(whole.width * scale)
    const height = Math.round(whole.height * scale)
    if (Math.min(width, height) < SMALLEST_SIDE) break
    add({ ...last, width, height })
  }
  for (let every = 2; every <= LARGEST_EVERY && frames / every > 1; every++) add({ ...last, every })
  return rungs
}

function noteOn(changes: readonly Note[], maxBytes: number): Note {
  const message = `Lowered to stay within ${amount(maxBytes)}: ${changes.map((change) => change.message).join(', ')}.`
  return { code: 'lowered', message, data: { maxBytes, changes } }
}

function lowered(whole: Rung, rung: Rung, asked: Encoded, result: Encoded): Note[] {
  const changes: Note[] = []
  const change = (code: string, what: string, from: number | string, to: number | string): number =>
    changes.push({ code, message: `${what} from ${from} to ${to}`, data: { from, to } })
  if (rung.quality < whole.quality) change('lowered-quality', 'quality', whole.quality, rung.quality)
  if (result.width < asked.width) change('lowered-size', 'size', sides(asked), sides(result))
  if (rung.every > 1) change('lowered-fps', 'frames per second', rounded(asked.fps), rounded(result.fps))
  return changes
}

function sides({ width, height }: Encoded): string {
  return `${width}×${height}`
}

function amount(bytes: number): string {
  return `${bytes.toLocaleString('en')} bytes`
}

function rounded(fps: number): number {
  return Math.round(fps * 100) / 100
}
