// The loops that the help shows: they ship, and were made of what they stand beside.

import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { exampleNames, examples } from '../../../commands/examples.ts'
import { createExampleLoops } from '../../../src/bot/page/example-loops.ts'
import { readSettings } from '../../../src/media/inspect.ts'
import { pocket } from '../../../src/paths.ts'

const exampleLoop = createExampleLoops(join(dirname(pocket), 'examples'))

test('every example has its loop, as a WebP and for places where none plays as a GIF', async () => {
  for (const name of exampleNames) {
    const shown = await exampleLoop(name, 'webp')
    const { settings, frames, durationMs } = readSettings(shown!.bytes)
    const { prompt, seed } = settings as { prompt: string; seed: string }
    assert.ok(examples[name].includes(prompt) && examples[name].endsWith(`seed:${seed}`), name)
    assert.ok(frames > 1 && durationMs > 1000)
    assert.equal(readSettings((await exampleLoop(name, 'gif'))!.bytes).format, 'gif')
  }
  assert.equal(await exampleLoop('nothing', 'webp'), undefined)
})
