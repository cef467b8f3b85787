// Loops of modules that do not close by themselves. The pocket model was trained on loops of 16 frames: its clips of 10 are cut out of one, and
// jump from their end to their beginning; so do many clips of its module made slower.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Loop } from '../../../../src/engine/draw-settings.ts'
import { frameAt } from '../../../../src/engine/frames.ts'
import { createEngine, type EngineInput, type EngineOutput } from '../../../../src/engine/pipeline/engine.ts'
import { createSession } from '../../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../../src/engine/runtime/sessions.ts'
import { pocket } from '../../../../src/paths.ts'
import { temporaryFolder } from '../../../store/folder.ts'
import { cpuSession } from '../../cpu-session.ts'
import { slowMotion } from './slow-motion.ts'

const engine = createEngine({
  ...cpuSession,
  sessions: createSessions({ budgetBytes: 1e9, load: (graph) => createSession(graph) }),
})
after(() => engine.close())

async function draw(loop: Loop, changes: Partial<EngineInput> = {}): Promise<EngineOutput> {
  const steps = engine.draw({
    model: { checkpoint: 'models/pocket', loras: [] },
    prompt: 'a green flower swaying over the sea',
    negative: '',
    frames: 10,
    width: 96,
    height: 96,
    steps: 6,
    guidance: 4,
    seed: 3n,
    clip: { loop },
    ...changes,
  })
  for (let turn = await steps.next(); ; turn = await steps.next()) if (turn.done) return turn.value
}

const codes = ({ notes }: EngineOutput) => notes.map(({ code }) => code)

const open = await draw('none')

test('what jumps at its end closes where a loop is asked for, at the same cost', async () => {
  const closed = await draw('auto')
  assert.ok(open.closing!.seam >= 2, `open: ${open.closing!.seam}`)
  assert.ok(closed.closing!.seam <= 1.3, `closed: ${closed.closing!.seam}`)
  assert.deepEqual([open.closing!.loop, closed.closing!.loop, codes(closed)], ['none', 'closed', []])
})

const folder = temporaryFolder()
const slow = { checkpoint: pocket, motion: slowMotion(join(folder, 'slow'), 0.6), loras: [] }

for (const [prompt, seed] of [
  ['a green flower swaying over the sea', 3n],
  ['a yellow star spinning in the blue sky', 4n],
  ['a pink heart beating in the desert', 5n],
] as const) {
  test(`${prompt}: of a module that draws cuts of a longer motion a loop closes, or is played forth and back, which is told`, async () => {
    const changes = { model: slow, prompt, seed, frames: 16, steps: 8 }
    const [opened, looped] = [await draw('none', changes), await draw('auto', changes)]
    assert.ok(opened.closing!.seam >= 2, `open: ${opened.closing!.seam}`)
    assert.ok(looped.closing!.seam <= 1.3, `${looped.closing!.loop}: ${looped.closing!.seam}`)
    assert.deepEqual(codes(looped), looped.closing!.loop === 'ping-pong' ? ['loop-folded'] : [])
  })
}

test('what cannot close, as a weak variation of a clip that does not, is played forth and back, and that is told', async () => {
  const changes = { variationOf: { frames: open.frames, strength: 0.17 } }
  const folded = await draw('auto', changes)
  assert.deepEqual([folded.closing!.loop, codes(folded), folded.frames.count], ['ping-pong', ['loop-folded'], 10])
  assert.ok(folded.closing!.seam <= 1, `${folded.closing!.seam}`)
  assert.deepEqual(frameAt(folded.frames, 6), frameAt(folded.frames, 4))
  assert.deepEqual(frameAt(folded.frames, 9), frameAt(folded.frames, 1))
  const insisted = await draw('closed', changes)
  assert.deepEqual([insisted.closing!.loop, codes(insisted)], ['closed', ['loop-open']])
})
