// Clips from a recipe to a file: how they loop is measured, and what was drawn before is gone on with or varied. The model that ships, small.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Frames, frameAt } from '../../src/engine/frames.ts'
import { createEngine } from '../../src/engine/pipeline/engine.ts'
import { seam } from '../../src/engine/pipeline/loop/seam.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import type { AnimationRequest } from '../../src/jobs/request.ts'
import { resize } from '../../src/media/pixels/resize.ts'
import { pocket } from '../../src/paths.ts'
import { spread } from '../../src/render/frames/earlier-frames.ts'
import { createFrameCache } from '../../src/render/frames/frame-cache.ts'
import type { Recipe } from '../../src/render/recipe.ts'
import { createRenderer, type Drawn } from '../../src/render/render.ts'
import { cpuSession } from '../engine/cpu-session.ts'
import { decode } from '../media/decode.ts'
import { temporaryFolder } from '../store/folder.ts'
import { smallRecipe } from './small-recipe.ts'

const folder = temporaryFolder()
const sessions = createSessions({ budgetBytes: 1e9, load: (graph) => createSession(graph) })
const engine = createEngine({ ...cpuSession, sessions })
const frameCache = createFrameCache({ dir: join(folder, 'frames'), maxBytes: 1e9, onTrouble: assert.fail })
const common = { engine, now: () => performance.now(), remark: () => undefined }
const renderer = createRenderer({ ...common, frameCache })
const withoutFrames = createRenderer(common)
after(() => engine.close())

const [side, frames] = [64, 6]
const recipe = (change: Partial<AnimationRequest> = {}): Recipe => smallRecipe({ width: side, height: side, frames, steps: 2, ...change })

async function rendered(wanted: Recipe, by = renderer): Promise<Drawn> {
  const steps = by.render(wanted)
  for (let turn = await steps.next(); ; turn = await steps.next()) if (turn.done) return turn.value
}

const framesOf = async ({ animation }: Drawn): Promise<Frames> => resize(await decode(animation), side, side)

/** Mean difference of one frame from another, of 255. */
const apart = (a: Frames, i: number, b: Frames, j: number): number => {
  const [one, other] = [frameAt(a, i), frameAt(b, j)]
  return one.reduce((sum, value, k) => sum + Math.abs(value - other[k]!), 0) / one.length
}

function fileOf({ animation }: Drawn): string {
  const path = join(folder, 'earlier.webp')
  writeFileSync(path, animation.bytes)
  return path
}

test('the seam of every animation comes with it, that of a still does not', async () => {
  for (const loop of ['none', 'closed', 'ping-pong'] as const) {
    const drawn = await rendered(recipe({ loop }))
    assert.equal(drawn.closing?.loop, loop)
    const measured = seam(await framesOf(drawn))
    assert.ok(Math.abs(drawn.closing.seam - measured) < 0.25, `${loop}: ${drawn.closing.seam}, and ${measured} in the file`)
  }
  assert.equal((await rendered(recipe({ frames: 1 }))).closing, undefined)
})

test('side by side, those that close and those that are played forth and back have as many frames, odd or not', async () => {
  const drawn = await rendered(recipe({ frames: 5, seed: '15', count: 2, loop: 'auto' }))
  assert.deepEqual(
    drawn.cells!.map(({ closing, animation }) => [closing!.loop, animation.frames]),
    [
      ['closed', 5],
      ['ping-pong', 5],
    ],
  )
  assert.equal(drawn.animation.frames, 5)
})

test('what no file could be made of is refused before anything is drawn', async () => {
  const refused = (change: Partial<AnimationRequest>, more: Partial<Recipe> = {}) =>
    createRenderer({ ...common, ffmpeg: join(folder, 'no-ffmpeg') })
      .render({ ...recipe(change), ...more })
      .next()
  await assert.rejects(refused({ fps: 60 }), { code: 'fps-out-of-range' })
  await assert.rejects(refused({}, { scale: 0 }), { code: 'scale-out-of-range' })
  await assert.rejects(refused({ count: 4 }, { scale: 130 }), { code: 'animation-too-wide' })
  await assert.rejects(refused({ format: 'mp4' }), { code: 'ffmpeg-missing' })
})

const beginningOf = (before: Drawn): Recipe => {
  const earlier = { blob: 'a.webp', frames, as: 'beginning' } as const
  return { ...recipe({ frames: 9, earlier }), earlier: fileOf(before) }
}
const codes = ({ notes }: Drawn) => notes.map(({ code }) => code)

test('the first frames of a longer one are to the byte those that were drawn before, whatever the encoder did to them', async () => {
  const before = await rendered(recipe())
  const longer = await rendered(beginningOf(before))
  const [was, is] = [before, longer].map(({ animation }) => frameCache.find(animation.bytes)!)
  assert.deepEqual([was!.count, is!.count], [frames, 9])
  assert.deepEqual(is!.data.subarray(0, was!.data.length), was!.data)
  assert.ok(apart(is!, 8, is!, 0) > 3, 'what is new is something else')
  assert.ok(!codes(longer).includes('frames-not-kept'))
  // The file alone would not do.
  assert.ok(!Buffer.from((await framesOf(before)).data).equals(was!.data), 'the encoder has lost something')
})

test('where they are gone, a longer one begins with those of the posted file, and says so', async () => {
  const before = await rendered(recipe({ seed: '5' }), withoutFrames)
  const longer = await rendered(beginningOf(before))
  assert.equal(longer.animation.frames, 9)
  assert.ok(codes(longer).includes('frames-not-kept'))
  const [was, is] = [await framesOf(before), await framesOf(longer)]
  const changes = Array.from({ length: frames }, (_, i) => apart(was, i, is, i))
  assert.ok(Math.max(...changes) < 3, `${changes}`)
})

test('a variation is nearer to its animation than another seed is', async () => {
  const before = await rendered(recipe({ steps: 4 }))
  const of = { blob: 'a.webp', frames, as: 'variation' } as const
  const varied = await rendered({ ...recipe({ steps: 8, seed: '8', earlier: { ...of, strength: 0.25 } }), earlier: fileOf(before) })
  const other = await rendered(recipe({ steps: 4, seed: '8' }))
  const [was, is, otherwise] = [await framesOf(before), await framesOf(varied), await framesOf(other)]
  assert.ok(apart(was, 0, is, 0) < apart(was, 0, otherwise, 0), `${apart(was, 0, is, 0)} and ${apart(was, 0, otherwise, 0)}`)
  assert.ok(apart(was, 0, is, 0) > 0.5, 'and is another')
})

const variationOf = (before: Drawn, change: Partial<AnimationRequest> = {}): Recipe => {
  const earlier = { blob: 'a.webp', frames, as: 'variation', strength: 0.25 } as const
  return { ...recipe({ steps: 8, seed: '8', ...change, earlier }), earlier: fileOf(before) }
}

/** Of what was drawn before, over all its frames. */
const distance = (a: Frames, b: Frames): number => {
  const all = Array.from({ length: a.count }, (_, i) => apart(a, i, b, i))
  return all.reduce((sum, one) => sum + one, 0) / a.count
}

test('of an animation whose frames are gone a variation is made of the posted file, whatever its format, and says so', async () => {
  const other = await framesOf(await rendered(recipe({ steps: 4, seed: '8' })))
  for (const format of ['webp', 'gif'] as const) {
    // A seed of its own: the frames of another test's are kept, by the same file.
    const before = await rendered(recipe({ steps: 4, format, seed: '9' }), withoutFrames)
    const path = join(folder, `kept.${format}`)
    writeFileSync(path, before.animation.bytes)
    const varied = await rendered({ ...variationOf(before), earlier: path })
    assert.ok(codes(varied).includes('frames-not-kept'))
    const [was, is] = [await framesOf(before), await framesOf(varied)]
    assert.equal(is.count, frames)
    assert.ok(distance(was, is) < distance(was, other), `${format}: ${distance(was, is)} and ${distance(was, other)}`)
    assert.ok(distance(was, is) > 0.5, 'and is another')
  }
})

test('a variation by another model than the one that has drawn it begins with what was drawn, not with what that model made of it', async () => {
  const before = await rendered(recipe({ steps: 4 }))
  const loras = [{ file: join(pocket, 'loras/anime.safetensors'), strength: 1 }]
  const styled = (wanted: Recipe): Recipe => ({ ...wanted, model: { ...wanted.model, loras } })
  const varied = await rendered(styled(variationOf(before)))
  const other = await rendered(styled(recipe({ steps: 4, seed: '8' })))
  const [was, is, otherwise] = [await framesOf(before), await framesOf(varied), await framesOf(other)]
  assert.ok(distance(was, is) < distance(was, otherwise), `${distance(was, is)} and ${distance(was, otherwise)}`)
})

test('of what was deleted, or can no longer be read, nothing is made, and no place on this host is told', async () => {
  const before = await rendered(recipe({ steps: 1 }), withoutFrames)
  for (const make of [variationOf, beginningOf]) {
    for (const by of [renderer, withoutFrames]) {
      const gone = { ...make(before), earlier: join(folder, 'deleted.webp') }
      const message = 'The animation that this was to be made of is no longer there.'
      await assert.rejects(rendered(gone, by), { name: 'UserError', code: 'given-gone', message })
      const torn = join(folder, 'torn.webp')
      writeFileSync(torn, before.animation.bytes.subarray(0, 20))
      const unreadable = 'The animation that this was to be made of can no longer be read.'
      await assert.rejects(rendered({ ...make(before), earlier: torn }, by), { code: 'given-unreadable', message: unreadable })
    }
  }
})

test('of a file that was left fewer frames, each stands for those that it shows', () => {
  const pixels = (...values: number[]): Frames => ({
    count: values.length,
    width: 1,
    height: 1,
    data: Uint8Array.from(values.flatMap((v) => [v, v, v])),
  })
  assert.deepEqual(spread(pixels(1, 2, 3), 6), pixels(1, 1, 2, 2, 3, 3))
  assert.deepEqual(spread(pixels(1, 2, 3), 3), pixels(1, 2, 3))
})
