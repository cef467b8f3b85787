// The styles that ship, each beside the same drawing without it: what the judge says of the two.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type DrawSettings, requiredSettingsIn } from '../../src/draw-settings.ts'
import { type Frames, modelDefaults } from '../../src/engine/index.ts'
import { createEngine } from '../../src/engine/run.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import { cameraMovement } from '../../src/judge/camera-movement.ts'
import { openClassifier } from '../../src/judge/classifier.ts'
import { judge } from '../../src/judge/judgement.ts'
import { median } from '../../src/judge/measures.ts'
import { wanted } from '../../src/judge/report.ts'
import { promptOf, wholeWorld } from '../../src/judge/world-words.ts'
import { cameras } from '../../src/pocket-world/camera.ts'
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
async function drawn(style?: Style, settings: Partial<DrawSettings & { prompt: string; seed: bigint }> = {}): Promise<Frames> {
  const { model, prompt, negative } = style ? recipeWith(style, request) : { model: pocketBase.files, ...request }
  const drawing = engine.draw({ ...request, model, prompt, negative, seed: 7n, ...settings })
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
  const prompts = Array.from({ length: 5 }, (_, i) => promptOf(wholeWorld, i))

  test('stands without a motion LoRA', async () => {
    const { text: prompt, seed } = promptOf(wholeWorld, 2) // a car in the city: what is behind it shows any movement
    const still = await drawn(undefined, { prompt, seed: BigInt(seed) })
    for (const name of ['pan-left', 'zoom-in'] as const) assert.ok(Math.abs(cameraMovement(still, cameras[name])) <= 0.08, name)
  })

  for (const name of ['pan-left', 'zoom-in'] as const) {
    test(`${name} goes most of its way in most loops, and in none the other way`, async () => {
      const shares: number[] = []
      for (const { text: prompt, seed } of prompts) {
        shares.push(cameraMovement(await drawn(await style(name), { prompt, seed: BigInt(seed) }), cameras[name]))
      }
      assert.ok(median(shares) >= 0.5 && Math.min(...shares) > -0.1, `${shares}`)
    })
  }
})
