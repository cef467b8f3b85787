import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type Frames, modelDefaults } from '../../src/engine/index.ts'
import { createEngine } from '../../src/engine/run.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import { recipeWith } from '../../src/styles/catalog/recipe.ts'
import type { Style } from '../../src/styles/catalog/style.ts'
import { cpuSession } from '../engine/cpu-session.ts'
import { openTestStyles, pocketBase } from './test-styles.ts'

const sessions = createSessions({ budgetBytes: 1e9, load: (graph) => createSession(graph) })
const engine = createEngine({ ...cpuSession, sessions })
const setup = await openTestStyles()
after(async () => {
  await engine.close()
  setup.close()
})

const { width, height, guidance, clipSkip, fps } = modelDefaults(pocketBase.files)
const request = {
  prompt: 'a red ball bouncing in a meadow',
  negative: '',
  width,
  height,
  frames: 16,
  fps,
  steps: 12,
  guidance,
  seed: '7',
  clipSkip,
  format: 'webp',
} as const

/** As the render pool would draw it, to raw frames. */
async function drawn(style?: Style): Promise<Frames> {
  const { model, prompt, negative } = style ? recipeWith(style, request) : { model: pocketBase.files, ...request }
  const drawing = engine.draw({ ...request, model, prompt, negative, seed: 7n })
  for (;;) {
    const turn = await drawing.next()
    if (turn.done) return turn.value.frames
  }
}

const style = async (name: string): Promise<Style> => (await setup.styles.find(name, 'discord/s1', false))!

/** Three of the same model, seed and words; only the style differs. */
const plain = await drawn()
const anime = await drawn(await style('anime'))
const sepia = await drawn(await style('sepia'))

type Colour = readonly [r: number, g: number, b: number]

function* pixels({ data }: Frames, from = 0, to = data.length): Generator<Colour> {
  for (let i = from; i < to; i += 3) yield [data[i]!, data[i + 1]!, data[i + 2]!]
}

const mean = (values: Iterable<number>): number => {
  let [sum, count] = [0, 0]
  for (const value of values) {
    sum += value
    count++
  }
  return sum / count
}

/** How far each pixel is from the colours of an old photograph: from black through brown to cream, nothing beside that line. */
function distanceToSepia(frames: Frames): number {
  const brown: Colour = [232, 186, 130]
  return mean(
    pixels(frames).map((colour) => {
      const brightness = (colour[0] + colour[1] + colour[2]) / (brown[0] + brown[1] + brown[2])
      return Math.hypot(...colour.map((value, i) => value - brightness * brown[i]!))
    }),
  )
}

const luma = ([r, g, b]: Colour): number => 0.299 * r + 0.587 * g + 0.114 * b

/** Share of the subject's surroundings that are dark: a drawn outline has a rim darker than what is on both sides of it. */
function outlines({ data, count, width: w, height: h }: Frames): number {
  let dark = 0
  for (let f = 0; f < count; f++) {
    const at = (x: number, y: number): number => {
      const i = ((f * h + y) * w + x) * 3
      return luma([data[i]!, data[i + 1]!, data[i + 2]!])
    }
    for (let y = 4; y < h - 4; y++) {
      for (let x = 4; x < w - 4; x++) {
        const here = at(x, y)
        const across = Math.min(at(x - 4, y), at(x + 4, y)) - here
        const along = Math.min(at(x, y - 4), at(x, y + 4)) - here
        if (Math.max(across, along) > 40) dark++
      }
    }
  }
  return dark / (count * w * h)
}

/** Where the subject is in each frame, from its mean place: the largest patch that differs from what stands there most of the time. */
function path({ data, count, width: w, height: h }: Frames): number[] {
  const size = w * h * 3
  const still = Float32Array.from({ length: size }, (_, i) => middle(Array.from({ length: count }, (_f, f) => data[f * size + i]!)))
  const places = Array.from({ length: count }, (_, f) => {
    const moved = Array.from({ length: w * h }, (_p, place) =>
      Math.hypot(...[0, 1, 2].map((c) => data[f * size + place * 3 + c]! - still[place * 3 + c]!)),
    )
    return largestPatch(moved, w)
  })
  return (['x', 'y'] as const).flatMap((side) => {
    const centre = mean(places.map((place) => place[side]))
    return places.map((place) => place[side] - centre)
  })
}

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

function largestPatch(moved: readonly number[], w: number): { readonly x: number; readonly y: number } {
  const seen = new Set<number>()
  const there = (place: number): boolean => (moved[place] ?? 0) > 40 && !seen.has(place)
  let largest = { mass: 0, x: 0, y: 0 }
  for (const start of moved.keys()) {
    if (!there(start)) continue
    const patch = { mass: 0, x: 0, y: 0 }
    const open = [start]
    seen.add(start)
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      const mass = moved[place]!
      patch.mass += mass
      patch.x += mass * (place % w)
      patch.y += mass * Math.floor(place / w)
      for (const next of [place - 1, place + 1, place - w, place + w]) {
        if (!there(next) || Math.abs((next % w) - (place % w)) > 1) continue
        seen.add(next)
        open.push(next)
      }
    }
    if (patch.mass > largest.mass) largest = patch
  }
  return { x: largest.x / largest.mass, y: largest.y / largest.mass }
}

/** Of deviations. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const product = (p: readonly number[], q: readonly number[]): number => p.reduce((sum, value, i) => sum + value * q[i]!, 0)
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b))
}

/** The same round, entered elsewhere. */
const later = (places: readonly number[], frames: number): number[] => {
  const half = places.length / 2
  return places.map((_, i) => places[(i < half ? 0 : half) + ((i + frames) % half)]!)
}

describe('a built-in style, against the same drawing without it', () => {
  test('sepia brings the colours to those of an old photograph, and anime does not', () => {
    const from = distanceToSepia(plain)
    assert.ok(distanceToSepia(sepia) < from / 3, `${distanceToSepia(sepia)} of ${from}`)
    assert.ok(distanceToSepia(anime) > from / 2, `${distanceToSepia(anime)} of ${from}`)
  })

  test('anime draws dark outlines, and sepia does not', () => {
    const from = outlines(plain)
    assert.ok(outlines(anime) > 2 * from, `${outlines(anime)} of ${from}`)
    assert.ok(outlines(sepia) < 2 * from, `${outlines(sepia)} of ${from}`)
  })

  test('leaves the motion: the ball goes the way that it goes without', () => {
    const way = path(plain)
    assert.ok(Math.hypot(...way) / Math.sqrt(way.length) > 5, 'it moves')
    for (const [name, frames] of Object.entries({ anime, sepia })) {
      const likeness = correlation(way, path(frames))
      assert.ok(likeness >= 0.8, `${name}: ${likeness}`)
    }
    // Another motion would be told apart.
    assert.ok(correlation(way, later(way, 4)) < 0.5)
  })
})
