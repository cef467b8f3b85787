// The styles that ship, each beside the same drawing without it: what the judge says of the two.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type DrawSettings, requiredSettingsIn } from '../../src/draw-settings.ts'
import { type Frames, frameAt, modelDefaults } from '../../src/engine/index.ts'
import { createEngine } from '../../src/engine/run.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import { openClassifier } from '../../src/judge/classifier.ts'
import { judge } from '../../src/judge/judgement.ts'
import { wanted } from '../../src/judge/report.ts'
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

const looks = ['anime', 'sepia', 'pixel', 'neon', 'pencil']

const { width, height, steps, guidance, clipSkip, fps } = modelDefaults(pocketBase.files)
const request = {
  prompt: 'a red ball bouncing in a meadow',
  negative: '',
  width,
  height,
  frames: 16,
  fps,
  steps,
  guidance,
  seed: '7',
  clipSkip,
  sampler: 'ddim',
  format: 'webp',
} as const

/** As the render pool would draw it, to raw frames. */
async function drawn(style?: Style, settings: Partial<DrawSettings & { prompt: string }> = {}): Promise<Frames> {
  const { model, prompt, negative } = style ? recipeWith(style, request) : { model: pocketBase.files, ...request }
  const drawing = engine.draw({ ...request, model, prompt, negative, ...settings, seed: 7n })
  for (;;) {
    const turn = await drawing.next()
    if (turn.done) return turn.value.frames
  }
}

const style = async (name: string): Promise<Style> => (await setup.styles.find(name, 'discord/s1', false))!

const atStrength = (style: Style, strength: number): Style => ({
  ...style,
  model: { ...style.model, loras: style.model.loras.map((lora) => ({ ...lora, strength })) },
})

describe('a built-in style, beside the same drawing without it', async () => {
  const names = (await setup.styles.list('discord/s1', false)).map(({ name }) => name)
  const taught = lookNames.filter((name) => names.includes(name))
  const plain = await drawn()
  const scene = randomScene(seededRandom(7), { subject: 'ball', colour: 'red', place: 'meadow', size: 'ordinary' })
  const truth = renderLoop(scene)

  test('there is one of each look that the model was taught', () => {
    assert.deepEqual(taught, looks)
  })

  for (const [name, strength] of taught.flatMap((name) => [0.6, 1].map((strength) => [name, strength] as const))) {
    test(`${name} at ${strength} draws a red ball as well, in its look`, async () => {
      const frames = await drawn(atStrength(await style(name), strength), requiredSettingsIn(await setup.styles.model(name)))
      const { styled } = await judge(classifier, {
        prompt: { seed: 7, text: request.prompt, scene },
        drawn: frames,
        truth,
        words: wholeWorld,
        style: { name, strength, plain, plainSubject: 'ball' },
      })
      const { kept, arrived, colour } = styled!
      assert.ok(kept, 'its subject is there')
      if (strength === 1) assert.ok(arrived, 'its look is seen')
      assert.ok(colour!.off <= wanted.style.colourOff, `${colour!.off} off its formula`)
    })
  }

  test('quick draws it in two steps without guidance, and it is what was asked for', async () => {
    assert.deepEqual(
      (await style('quick')).model.loras.map(({ merged }) => merged),
      [true],
      'laid into the weights',
    )
    const settings = requiredSettingsIn(await setup.styles.model('quick'))
    assert.deepEqual([settings.steps, settings.guidance], [2, 1])
    const quick = await drawn(await style('quick'), settings)
    const { right } = await judge(classifier, {
      prompt: { seed: 7, text: request.prompt, scene },
      ...{ drawn: quick, truth, words: wholeWorld },
    })
    assert.deepEqual(right, { subject: true, colour: true, place: true })
  })
})

describe('the camera', () => {
  const halfway = async (prompt: string, name?: string): Promise<readonly [Frames, Frames]> => {
    const frames = await drawn(name === undefined ? undefined : await style(name), { prompt })
    return [frameAt(frames, 0), frameAt(frames, frames.count / 2)].map((data) => ({ ...frames, count: 1, data })) as [Frames, Frames]
  }
  for (const [name, prompt, moves] of [
    ['pan-left', 'a pink car driving in the city', (pixels: number) => ({ x: pixels, zoom: 1 })],
    ['zoom-in', 'a blue boat rocking on the sea', (pixels: number) => ({ x: 0, zoom: 1 + pixels / (width / 2) })],
  ] as const) {
    test(`${name} has moved halfway through the loop, and stands without it`, async () => {
      const most = 28
      const moved = (pair: readonly [Frames, Frames]): number => {
        const apart = range(-most, most).map((pixels) => [pixels, difference(...pair, moves(pixels))] as const)
        return apart.toSorted(([, a], [, b]) => a - b)[0]![0]
      }
      const [without, within] = [moved(await halfway(prompt)), moved(await halfway(prompt, name))]
      assert.ok(Math.abs(without) <= 2, `${without} pixels without it`)
      assert.ok(within >= 4, `${within} pixels`)
    })
  }
})

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Mean difference of bytes between a picture and another that is moved by `x` pixels and enlarged around the middle, where they overlap. */
function difference(before: Frames, now: Frames, { x, zoom }: { readonly x: number; readonly zoom: number }): number {
  let [sum, count] = [0, 0]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [fromRow, fromColumn] = [(row - height / 2) / zoom + height / 2, (column - x - width / 2) / zoom + width / 2].map(Math.round)
      if (fromRow! < 0 || fromColumn! < 0 || fromRow! >= height || fromColumn! >= width) continue
      const [at, from] = [3 * (row * width + column), 3 * (fromRow! * width + fromColumn!)]
      for (let c = 0; c < 3; c++) sum += Math.abs(now.data[at + c]! - before.data[from + c]!)
      count += 3
    }
  }
  return sum / count
}
