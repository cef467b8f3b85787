// The styles that ship, each beside the same drawing without it: what the judge says of the two, and the way that the ball goes in both.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type Frames, modelDefaults } from '../../src/engine/index.ts'
import { createEngine } from '../../src/engine/run.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import { openClassifier } from '../../src/judge/classifier.ts'
import { judge } from '../../src/judge/judgement.ts'
import { wholeWorld } from '../../src/judge/world-words.ts'
import { lookNames } from '../../src/pocket-world/looks.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { renderLoop } from '../../src/pocket-world/render.ts'
import { randomScene } from '../../src/pocket-world/scene.ts'
import { recipeWith } from '../../src/styles/catalog/recipe.ts'
import type { Style } from '../../src/styles/catalog/style.ts'
import { cpuSession } from '../engine/cpu-session.ts'
import { openTestStyles, pocketBase } from './test-styles.ts'

const sessions = createSessions({ budgetBytes: 1e9, load: (graph) => createSession(graph) })
const engine = createEngine({ ...cpuSession, sessions })
const classifier = await openClassifier({ threads: 1 })
const setup = await openTestStyles()
after(async () => {
  await Promise.all([engine.close(), classifier.release()])
  setup.close()
})

/** Of the judge's colours, 0 to 1; and of the ball's way with and without a style: the formulas of the looks themselves come to 0.86. */
const wanted = { off: 0.06, likeness: 0.75 } as const

const { width, height, guidance, clipSkip, fps } = modelDefaults(pocketBase.files)
const request = {
  prompt: 'a red ball bouncing in a meadow',
  negative: '',
  width,
  height,
  frames: 16,
  fps,
  steps: 5,
  guidance,
  seed: '7',
  clipSkip,
  sampler: 'dpmpp-2m',
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

const mean = (values: Iterable<number>): number => {
  let [sum, count] = [0, 0]
  for (const value of values) {
    sum += value
    count++
  }
  return sum / count
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

describe('a built-in style, beside the same drawing without it', async () => {
  const names = (await setup.styles.list('discord/s1', false)).map(({ name }) => name)
  const taught = lookNames.filter((name) => names.includes(name))
  const plain = await drawn()
  const way = path(plain)
  const scene = randomScene(seededRandom(7), { subject: 'ball', colour: 'red', place: 'meadow', size: 'ordinary' })
  const truth = renderLoop(scene)

  test('there is one of each look that the model was taught, and the ball moves', () => {
    assert.deepEqual(taught, ['anime', 'sepia', 'pixel', 'neon', 'pencil'])
    assert.ok(Math.hypot(...way) / Math.sqrt(way.length) > 5, 'it moves')
    // Another motion would be told apart.
    assert.ok(correlation(way, later(way, 4)) < 0.5)
  })

  for (const name of taught) {
    test(`${name} draws the same ball on the same way, in its look`, async () => {
      const frames = await drawn(await style(name))
      const { styled } = await judge(classifier, {
        prompt: { seed: 7, text: request.prompt, scene },
        drawn: frames,
        truth,
        words: wholeWorld,
        style: { name, strength: 1, plain, plainSubject: 'ball' },
      })
      const { kept, arrived, colour } = styled!
      assert.deepEqual({ kept, arrived }, { kept: true, arrived: true })
      assert.ok(colour!.off <= wanted.off, `${colour!.off} off its formula`)
      const likeness = correlation(way, path(frames))
      assert.ok(likeness >= wanted.likeness, `${likeness}`)
    })
  }
})
