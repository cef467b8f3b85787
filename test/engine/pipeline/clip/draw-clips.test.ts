// Clips of many frames through the engine: in windows, closed, gone on with, varied, streamed. The pocket model, small and in few steps.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Frames } from '../../../../src/engine/frames.ts'
import { createEngine, type EngineInput, type Streamed, type StreamProgress } from '../../../../src/engine/pipeline/engine.ts'
import { createSession } from '../../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../../src/engine/runtime/sessions.ts'
import { cpuSession, tiny } from '../../cpu-session.ts'
import { apart } from '../counting-engine.ts'

const loads: string[] = []
const runs: { graph: string; frames: number }[] = []
/** Called when one begins. */
let onRun: () => void = () => undefined
const sessions = createSessions({
  budgetBytes: 1e9,
  // The real session, its runs written down.
  load: async (graph) => {
    const frames = graph.inputs[0]!.shape[0]!
    loads.push(`${graph.name} ${frames}`)
    const session = await createSession(graph)
    return {
      ...session,
      run: (feeds) => {
        runs.push({ graph: graph.name, frames })
        onRun()
        return session.run(feeds)
      },
    }
  },
})
const engine = createEngine({ ...cpuSession, sessions })
after(() => engine.close())

const drawing: EngineInput = {
  model: { checkpoint: 'models/pocket', loras: [] },
  prompt: 'a red ball bouncing in a meadow',
  negative: '',
  frames: 6,
  width: 64,
  height: 64,
  steps: 2,
  guidance: 2,
  guidanceEnd: 1,
  seed: 7n,
  clipSkip: 1,
}
const windows = { windowLength: 4, windowOverlap: 2 } as const

async function draw(changes: Partial<EngineInput> = {}): Promise<Frames> {
  const steps = engine.draw({ ...drawing, ...changes })
  for (let turn = await steps.next(); ; turn = await steps.next()) if (turn.done) return turn.value.frames
}

const unetRuns = () => runs.filter(({ graph }) => graph === 'unet-motion')
const frame = ({ width, height, data }: Frames, from: number, to: number) =>
  data.subarray(from * width * height * 3, to * width * height * 3)

test('a clip of any length runs one graph of the size of a window', async () => {
  for (const frames of [6, 10, 24]) {
    runs.length = 0
    const drawn = await draw({ frames, clip: windows })
    assert.equal(drawn.count, frames)
    assert.equal(unetRuns().length, 2 * 2 * (frames / 2 - 1), 'two steps, prompt and negative, windows two frames apart')
    assert.deepEqual(new Set(unetRuns().map((run) => run.frames)), new Set([4]))
  }
  assert.deepEqual(
    loads.filter((name) => name.startsWith('unet')),
    ['unet-motion 4'],
  )
})

test('a clip of the length of a window is what it was without windows', async () => {
  assert.deepEqual(await draw({ frames: 4, clip: windows }), await draw({ frames: 4 }))
})

test('more frames than a module has positions are drawn in windows without being asked', async () => {
  const v1 = { checkpoint: `${tiny}/checkpoint.safetensors`, motion: `${tiny}/motion_v1.safetensors`, loras: [] }
  runs.length = 0
  const { count } = await draw({ model: v1, frames: 32, width: 64, height: 64, steps: 1, guidance: 1 })
  assert.equal(count, 32)
  assert.deepEqual(
    unetRuns().map((run) => run.frames),
    [16, 16, 16],
  )
})

test('a closed clip costs no more calls than its length', async () => {
  runs.length = 0
  const closed = await draw({ frames: 8, clip: { loop: 'closed', windowLength: 4 } })
  assert.equal(unetRuns().length, 2 * 2 * 2)
  assert.equal(closed.count, 8)
})

test('ping-pong draws half of the clip and shows it backwards', async () => {
  runs.length = 0
  const clip = await draw({ frames: 6, clip: { loop: 'ping-pong' } })
  assert.deepEqual(new Set(unetRuns().map((run) => run.frames)), new Set([4]))
  assert.equal(clip.count, 6)
  assert.deepEqual(frame(clip, 4, 5), frame(clip, 2, 3))
  assert.deepEqual(frame(clip, 5, 6), frame(clip, 1, 2))
})

test('cross-fade and free noise draw as many frames as asked, and other ones', async () => {
  const plain = await draw({ frames: 8, clip: windows })
  for (const clip of [
    { loop: 'cross-fade' },
    { freeNoise: 'on' },
    { windowLevel: 'motion-module' },
    { windows: 'standard-uniform' },
  ] as const) {
    const other = await draw({ frames: 8, clip: { ...windows, ...clip } })
    assert.equal(other.count, 8)
    assert.ok(apart(other, plain) > 0.1, JSON.stringify(clip))
  }
})

test('guidance that travels between equal numbers is guidance', async () => {
  assert.deepEqual(await draw({ clip: { guidanceTravel: '0: 2 | 3: 2' } }), await draw())
  assert.ok(apart(await draw({ clip: { guidanceTravel: '0: 2 | 5: 9' } }), await draw()) > 0.1)
})

test('a prompt that travels to the same words is the prompt, and to others changes the clip', async () => {
  const { prompt } = drawing
  assert.deepEqual(await draw({ prompt: `0: ${prompt} | 3: ${prompt}` }), await draw())
  const travelled = await draw({ prompt: `0: ${prompt} | 5: a blue boat rocking over the sea`, clip: windows })
  assert.ok(apart(travelled, await draw({ clip: windows })) > 0.1)
})

test('a LoRA beside the weights reads the text of every frame as one that is merged does', async () => {
  const travelling = { prompt: `0: ${drawing.prompt} | 5: a blue boat rocking over the sea` }
  const withAnime = (merged: boolean) =>
    draw({ ...travelling, model: { ...drawing.model, loras: [{ file: 'models/pocket/loras/anime.safetensors', strength: 1, merged }] } })
  const [beside, within] = [await withAnime(false), await withAnime(true)]
  assert.ok(apart(beside, within) < 0.5, `${apart(beside, within)}`)
  assert.ok(apart(beside, await draw(travelling)) > 1, 'the LoRA is seen')
})

test('the strength of a LoRA may change over the frames: it is none where it is 0, and itself where it is 1', async () => {
  const anime = { ...drawing.model, loras: [{ file: 'models/pocket/loras/anime.safetensors', strength: 1 }] }
  const withStrength = (strengthTravel: string, model = anime) => draw({ model, clip: { ...windows, strengthTravel } })
  const [none, whole] = [await draw({ clip: windows }), await draw({ model: anime, clip: windows })]
  // The text encoder has it at its own strength: that of the pocket's styles is not touched by them.
  assert.ok(apart(await withStrength('0: 1 | 3: 1'), whole) < 0.1)
  assert.ok(apart(await withStrength('0: 0 | 3: 0'), none) < 0.1)
  const travelling = await withStrength('0: 0 | 5: 1')
  const at = (clip: Frames, i: number): Frames => ({ ...clip, count: 1, data: frame(clip, i, i + 1) })
  assert.ok(apart(at(travelling, 0), at(none, 0)) < apart(at(travelling, 0), at(whole, 0)))
  assert.ok(apart(at(travelling, 5), at(whole, 5)) < apart(at(travelling, 5), at(none, 5)))
  const merged = { ...anime, loras: anime.loras.map((lora) => ({ ...lora, merged: true })) }
  assert.deepEqual(await withStrength('0: 0 | 5: 1', merged), travelling, 'what may be merged runs beside the weights then')
})

test('a clip that goes on keeps its first frames to the byte, and asks only windows with new ones', async () => {
  const beginning = await draw({ frames: 6, clip: windows })
  runs.length = 0
  const longer = await draw({ frames: 10, clip: windows, continues: beginning })
  assert.equal(longer.count, 10)
  assert.deepEqual(frame(longer, 0, 6), beginning.data)
  assert.ok(new Set(frame(longer, 6, 10)).size > 10, 'the others are pictures')
  assert.equal(unetRuns().length, 2 * 2 * 2, 'windows at 4 and 6 of those at 0, 2, 4 and 6')
})

test('a weak variation stays close to its clip, a strong one does not', async () => {
  const large = { frames: 3, width: 96, height: 96, guidance: 4 } as const
  const source = await draw({ ...large, steps: 4 })
  const varied = (strength: number) => draw({ ...large, steps: 10, seed: 8n, variationOf: { frames: source, strength } })
  const [weak, strong] = [await varied(0.1), await varied(1)]
  assert.equal(weak.count, source.count)
  assert.ok(apart(weak, source) < apart(strong, source) / 2, `${apart(weak, source)} and ${apart(strong, source)}`)
  assert.ok(apart(weak, source) > 0)
})

test('frames may be taken a few at a time, as they are decoded', async () => {
  for (const clip of [windows, { ...windows, loop: 'ping-pong' }] as const) {
    const whole = await draw({ frames: 20, clip })
    const parts: Frames[] = []
    const steps = engine.stream({ ...drawing, frames: 20, clip })
    let turn: IteratorResult<StreamProgress, Streamed> = await steps.next()
    for (; !turn.done; turn = await steps.next()) if (turn.value.frames) parts.push(turn.value.frames)
    assert.ok(Math.max(...parts.map(({ count }) => count)) <= 16, 'never more than one call of the VAE gives')
    assert.deepEqual(Buffer.concat(parts.map(({ data }) => data)), Buffer.from(whole.data))
    assert.ok(!('frames' in turn.value))
  }
})

test('who takes a long clip back, while a window of it is drawn, waits for no other window', async (t) => {
  t.after(() => {
    onRun = () => undefined
  })
  runs.length = 0
  const taken = new Error('taken back')
  const abort = new AbortController()
  onRun = () => {
    // As the word of another process comes: between two turns of the event loop.
    if (unetRuns().length === 5) setImmediate(() => abort.abort(taken))
  }
  const steps = engine.stream({ ...drawing, frames: 64, clip: { loop: 'closed' } }, abort.signal)
  await assert.rejects(
    async () => {
      for (let turn = await steps.next(); !turn.done; turn = await steps.next());
    },
    (error) => error === taken,
  )
  assert.equal(unetRuns().length, 6, 'the third of four windows is the last, with and against the prompt')
})

const given = (count: number, width = 64): Frames => ({ count, width, height: 64, data: new Uint8Array(count * width * 64 * 3) })

for (const [changes, code, sentence] of [
  [{ frames: 1000 }, 'frames', /1 to 128 frames, not 1000/],
  [{ clip: { windowLength: 33 } }, 'window-length', /2 to 32 frames/],
  [{ clip: { windowLength: 4, windowOverlap: 4 } }, 'window-overlap', /overlap by 0 to 3 frames, not 4/],
  [{ prompt: '0: a | 6: b' }, 'keyframe-beyond', /no frame 6: this clip has 6/],
  [{ negative: '0: a | 9: b' }, 'keyframe-beyond', /no frame 9/],
  [{ clip: { guidanceTravel: '0: 2 | 6: 3' } }, 'keyframe-beyond', /no frame 6/],
  [{ clip: { guidanceTravel: '0: 2 | 3: -1' } }, 'schedule-guidance', /from 0, not -1/],
  [{ prompt: `0: a | 3: ${Array(9).fill('b').join(' AND ')}` }, 'prompt-parts', /at most 8 parts of a prompt, not 9/],
  [{ continues: given(6) }, 'continues-no-longer', /6 frames cannot go on to 6: expected more than 6/],
  [{ continues: given(2), clip: { loop: 'ping-pong' } }, 'continues-loop', /loop ping-pong would change/],
  [{ continues: given(2, 72) }, 'given-size', /72 × 64 pixels, this clip has 64 × 64/],
  [{ variationOf: { frames: given(6), strength: 0.1 } }, 'variation-too-weak', /0\.1 in 2 steps changes nothing: expected at least 0\.5/],
  [{ clip: { strengthTravel: '0: 1 | 3: 0' } }, 'strength-without', /no LoRA here/],
  [
    {
      clip: { strengthTravel: '0: 1 | 3: 0' },
      ...{ width: 128, height: 128 },
      model: {
        checkpoint: `${tiny}/checkpoint.safetensors`,
        motion: `${tiny}/motion_v3.safetensors`,
        loras: [{ file: `${tiny}/lyco_norm.safetensors`, strength: 1 }],
      },
    },
    'strength-merged',
    /laid into the weights/,
  ],
  [{ clip: { strengthTravel: '0: 1 | 3: 0', windowLevel: 'motion-module' } }, 'strength-inside', /not of those inside/],
  [{ frames: -1 }, 'frames', /not -1/],
  [{ variationOf: { frames: given(5), strength: 0.5 } }, 'variation-frames', /as the clip that it is one of: 5, not 6/],
] as const) {
  test(`${JSON.stringify(changes).slice(0, 60)} is refused before anything is loaded: ${sentence.source}`, async () => {
    const before = loads.length
    await assert.rejects(draw(changes), { name: 'UserError', code, message: sentence })
    assert.equal(loads.length, before)
  })
}
