// Where a training runs: at a host that has it, whatever has been heard of hosts so far, or here, one at a time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { pocket } from '../../../src/paths.ts'
import { chooseTrainer, type HostTrainer, type TrainingRunner, type TrainingRunnerOptions } from '../../../src/render/training/trainer.ts'
import { trainingRecipe } from '../../../src/render/training/training-recipe.ts'

const request = trainingRecipe({ folder: 'pictures', word: 'noir', base: { checkpoint: pocket, loras: [] } }, 3)
const training = (id: string) => ({ id, request, out: `${id}.safetensors`, begunBefore: false })

const options = (signal: AbortSignal = new AbortController().signal): TrainingRunnerOptions => ({
  ...{ signal, onStep: () => undefined, onPausing: () => undefined },
  preview: { drawing: () => false, abandon: () => undefined },
})

/** That ends a training when it is told to. */
function byHand() {
  const begun: { readonly id: string; readonly end: () => void }[] = []
  const runner: TrainingRunner = { train: ({ id }) => new Promise((end) => begun.push({ id, end })) }
  return { ...runner, begun, ids: () => begun.map(({ id }) => id) }
}

const unheard = { capacity: () => 0, onCapacity: () => () => undefined, check: async () => undefined } as const
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what a host has goes on there, also before any host was heard of', async () => {
  const [here, there] = [byHand(), byHand()]
  const hosts: HostTrainer = { ...unheard, ...there, isPlaced: async (id) => id === 'one' }
  const trainer = chooseTrainer({ hosts, local: here })
  void trainer.train(training('one'), options())
  void trainer.train(training('two'), options())
  await tick()
  assert.deepEqual([there.ids(), here.ids()], [['one'], ['two']])
})

test('hosts that cannot be asked have nothing to say', async () => {
  const here = byHand()
  const hosts: HostTrainer = { ...unheard, train: async () => assert.fail(), isPlaced: () => Promise.reject(new Error('Redis is away')) }
  void chooseTrainer({ hosts, local: here }).train(training('one'), options())
  await tick()
  assert.deepEqual(here.ids(), ['one'])
})

test('what hosts leave behind is learned here one at a time; who waits for that need not', async () => {
  const here = byHand()
  const gone = async () => Promise.reject(new UserError('no-host-trains', 'No GPU host can learn this: none is there.'))
  const hosts: HostTrainer = { ...unheard, capacity: () => 2, train: gone, isPlaced: async () => false }
  const trainer = chooseTrainer({ hosts, local: here })
  const unwanted = new AbortController()
  const one = trainer.train(training('one'), options())
  const two = trainer.train(training('two'), options(unwanted.signal))
  const three = trainer.train(training('three'), options())
  await tick()
  assert.deepEqual(here.ids(), ['one'])
  unwanted.abort(new Error('cancelled'))
  await assert.rejects(two, /cancelled/)
  here.begun[0]!.end()
  await one
  await tick()
  assert.deepEqual(here.ids(), ['one', 'three'])
  here.begun[1]!.end()
  await three
})

test('who waits for this machine goes to hosts that come', async () => {
  const here = byHand()
  let capacity = 0
  let changed = (): void => undefined
  const there = byHand()
  const hosts: HostTrainer = {
    ...{ ...unheard, ...there, isPlaced: async () => false, capacity: () => capacity },
    onCapacity(listener) {
      changed = listener
      return () => undefined
    },
  }
  const trainer = chooseTrainer({ hosts, local: here })
  void trainer.train(training('one'), options())
  await tick()
  const two = trainer.train(training('two'), options())
  await tick()
  capacity = 1
  changed()
  await tick()
  assert.deepEqual([here.ids(), there.ids()], [['one'], ['two']])
  there.begun[0]!.end()
  await two
  here.begun[0]!.end()
})
