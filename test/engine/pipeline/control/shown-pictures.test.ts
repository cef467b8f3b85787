import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { defaultClip } from '../../../../src/engine/draw-settings.ts'
import { planClip } from '../../../../src/engine/pipeline/clip/plan-clip.ts'
import { checkControl } from '../../../../src/engine/pipeline/control/control-input.ts'
import { drawnFor, refuseLongWindow, refuseSharedFrames, showPictures } from '../../../../src/engine/pipeline/control/shown-pictures.ts'
import { openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { tiny } from '../../cpu-session.ts'
import { writeFirstLayer, writeTinySparseControl } from '../../sparse-control-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'zoetrope-shown-'))
after(() => rmSync(dir, { recursive: true }))
const base = { checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v3.safetensors') }
const rgb = openModel({ ...base, control: writeTinySparseControl(join(dir, 'rgb.safetensors')) }).control!
const scribble = openModel({
  ...base,
  control: writeFirstLayer('sparsectrl_scribble_diffusers_first_layer', join(dir, 'scribble.safetensors')),
}).control!

const control = { file: 'steer.safetensors' }
const clip = { frames: 6 }

test('frames are counted from the first, or as in Python from the last', () => {
  assert.deepEqual(checkControl(control, { at: [0, -1, 2] }, clip), [0, 5, 2])
  assert.deepEqual(checkControl(null, undefined, clip), [])
})

test('what cannot be shown is refused in a sentence', () => {
  const cases = [
    [null, { at: [0] }, clip, 'control-missing'],
    [control, undefined, clip, 'control-pictures'],
    [control, { at: [] }, clip, 'control-pictures'],
    [control, { at: [6] }, clip, 'control-frame'],
    [control, { at: [-7] }, clip, 'control-frame'],
    [control, { at: [0.5] }, clip, 'control-frame'],
    [control, { at: [5, -1] }, clip, 'control-frame-twice'],
    [control, { at: [0], strength: 2.5 }, clip, 'control-strength'],
    [control, { at: [0], strength: Number.NaN }, clip, 'control-strength'],
    [control, { at: [0] }, { ...clip, method: 'zero' }, 'control-zero'],
  ] as const
  for (const [net, given, of, code] of cases) assert.throws(() => checkControl(net, given, of), { code })
})

test('a window longer than its positions is refused', () => {
  refuseLongWindow(rgb, { length: 32 })
  assert.throws(() => refuseLongWindow(rgb, { length: 33 }), { code: 'control-window' })
})

/** Latents [1, 4, 1, 1] of a picture are its number. */
const nets = { encode: async ({ count }: { count: number }) => Float32Array.from({ length: count * 4 }, (_, i) => Math.floor(i / 4) + 1) }
const picturesOf = (count: number) => ({ count, width: 8, height: 8, data: new Uint8Array(count * 192) })
const plan = { drawn: 20, loop: 'none', keyed: { frames: 20, cyclic: false } } as const

/** By frame: the picture that is shown, or 0; the mask says the same. */
function shownIn(condition: Float32Array): number[] {
  return Array.from({ length: condition.length / 5 }, (_, n) => {
    assert.equal(condition[n * 5 + 4], condition[n * 5] === 0 ? 0 : 1)
    return condition[n * 5]!
  })
}

test('every window is shown the pictures of its own frames, in its own order', async () => {
  const controlOf = await showPictures(nets, rgb, { pictures: picturesOf(2), at: [0, 9], strength: 0.5 }, [0, 9], plan)
  assert.deepEqual(shownIn(controlOf([0, 1, 2, 3]).condition), [1, 0, 0, 0])
  assert.deepEqual(shownIn(controlOf([8, 9, 10, 0]).condition), [0, 2, 0, 1])
  assert.equal(controlOf([0]).strength, 0.5)
})

test('a window without a picture is shown the nearest one, at its end that is nearest', async () => {
  const controlOf = await showPictures(nets, rgb, { pictures: picturesOf(2), at: [0, 9] }, [0, 9], plan)
  assert.deepEqual(shownIn(controlOf([5, 6, 7, 8]).condition), [0, 0, 0, 2])
  assert.deepEqual(shownIn(controlOf([16, 17, 18, 19]).condition), [2, 0, 0, 0])
  const cyclic = { ...plan, keyed: { frames: 20, cyclic: true } }
  const around = await showPictures(nets, rgb, { pictures: picturesOf(2), at: [0, 9] }, [0, 9], cyclic)
  assert.deepEqual(shownIn(around([16, 17, 18, 19]).condition), [0, 0, 0, 1])
})

test('drawings are shown as pixels from 0 to 1, plane by plane', async () => {
  const data = Uint8Array.from({ length: 192 }, (_, i) => [255, 51, 0][i % 3]!)
  const never = { encode: () => assert.fail('no VAE is asked') }
  const controlOf = await showPictures(never, scribble, { pictures: { ...picturesOf(1), data }, at: [1] }, [1], plan)
  const { condition } = controlOf([0, 1])
  assert.equal(condition.length, 2 * 4 * 64)
  assert.ok(condition.subarray(0, 256).every((value) => value === 0))
  const planes = [1, 0.2, 0, 1]
  for (const [channel, value] of planes.entries()) assert.ok(Math.abs(condition[256 + channel * 64 + 63]! - value) < 1e-6, `${channel}`)
})

test('what is played back is drawn once, and what fades over is drawn twice', () => {
  const folded = planClip({ ...defaultClip, loop: 'ping-pong' }, 8, { maxFrames: 32 })
  assert.deepEqual(
    [0, 3, 4, 5, 7].map((frame) => drawnFor(frame, folded)),
    [[0], [3], [4], [3], [1]],
  )
  refuseSharedFrames([0, 3, 7], folded)
  assert.throws(() => refuseSharedFrames([0, 3, 5], folded), { code: 'control-frame-twice', message: /frames 3 and 5 are the same one/ })
  const faded = planClip({ ...defaultClip, loop: 'cross-fade' }, 8, { maxFrames: 32 })
  assert.deepEqual(
    [0, 3, 4, 7].map((frame) => drawnFor(frame, faded)),
    [[0, 8], [3, 11], [4], [7]],
  )
})
