// The trainer of this machine with processes that die: what people are told is what has happened.

import assert from 'node:assert/strict'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { pocket } from '../../../src/paths.ts'
import { createLocalTrainer, type LocalTrainerParts } from '../../../src/render/training/local-trainer.ts'
import type { TrainingRunnerOptions } from '../../../src/render/training/trainer.ts'
import { limitsFor } from '../../../src/render/training/training-process.ts'
import { trainingRecipe } from '../../../src/render/training/training-recipe.ts'
import { lookPictures } from '../../look-pictures.ts'
import { temporaryFolder } from '../../store/folder.ts'

const folder = temporaryFolder()
const pictures = join(folder, 'pictures')

describe('a process that trains', { timeout: 600_000 }, () => {
  before(async () => {
    mkdirSync(pictures)
    for (const { name, bytes } of await lookPictures('noir', 5, 16)) writeFileSync(join(pictures, name), bytes)
  })

  const request = trainingRecipe({ folder: pictures, word: 'noir', base: { checkpoint: pocket, loras: [] } }, 3)

  function train(
    onStart: (pid: number) => void,
    more: Partial<LocalTrainerParts> = {},
    onStep: TrainingRunnerOptions['onStep'] = () => undefined,
  ): { readonly done: Promise<void>; readonly troubles: string[] } {
    const troubles: string[] = []
    const trainer = createLocalTrainer({
      place: { device: 'cpu', threads: 1, version: '1.2.3' },
      onTrouble: (error) => troubles.push(String(error)),
      onStart,
      ...more,
    })
    const preview = { drawing: () => false, abandon: () => undefined }
    const options = { signal: new AbortController().signal, onStep, onPausing: () => undefined, preview }
    return {
      done: trainer.train({ id: 'one', request, out: join(folder, 'out/style.safetensors'), begunBefore: false }, options),
      troubles,
    }
  }

  test('and is killed twice is said to have been killed, perhaps for memory', async () => {
    let begun = 0
    const { done, troubles } = train((pid) => {
      begun++
      process.kill(pid, 'SIGKILL')
    })
    await assert.rejects(done, { code: 'trainer-killed', message: /was killed, as a system does that runs out of memory\.$/ })
    assert.equal(begun, 2)
    assert.deepEqual(troubles, Array(2).fill('Error: the process that trains ended with SIGKILL'))
  })

  test('and dies again and again, further on each time, goes on to its end', async () => {
    const kills: number[] = []
    let pid = 0
    const { done, troubles } = train(
      (begun) => {
        pid = begun
      },
      {},
      ({ kind, step, of }) => {
        if (kind !== 'saved' || step === of) return
        kills.push(step)
        process.kill(pid, 'SIGKILL')
      },
    )
    await done
    assert.deepEqual(kills, [1, 2])
    assert.equal(troubles.length, 2)
  })

  test('and stands still before it has said anything is killed, and said to have been silent, not to have lacked memory', async () => {
    const { done } = train((pid) => process.kill(pid, 'SIGSTOP'), { watchdog: { factor: 10, leastMs: 300, unmeasuredMs: 300 } })
    await assert.rejects(done, {
      code: 'trainer-silent',
      message: /the last time the process that learns gave no answer for so long that it was stopped/,
    })
  })

  test('and ends by itself is told with how', async () => {
    const { done } = train((pid) => process.kill(pid, 'SIGTERM'))
    await assert.rejects(done, {
      code: 'trainer-died',
      message: /the process that learns ended with SIGTERM: the log of the bot says more\.$/,
    })
  })

  test('may be silent for the longer the larger its model is', () => {
    const large = join(folder, 'large.safetensors')
    writeFileSync(large, '')
    truncateSync(large, 4e9)
    const minutes = (checkpoint: string) => limitsFor({ request: { ...request, model: { checkpoint } } }).unmeasuredMs / 60_000
    assert.deepEqual([minutes(pocket), minutes(large)], [5, 30])
  })
})
