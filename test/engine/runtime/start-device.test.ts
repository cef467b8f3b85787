import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDevice } from '../../../src/engine/runtime/start-device.ts'
import { errorsOf, tinyStill } from '../targets/tiny-nets.ts'

test('the CPU starts without a note and draws what was published', async () => {
  const { device, target, vaeTarget, notes, load } = await startDevice('cpu', { threads: 1 })
  assert.deepEqual(
    { device, target: target.name, type: target.type, vaeType: vaeTarget.type, notes },
    { device: 'cpu', target: 'cpu', type: 'float32', vaeType: 'float32', notes: [] },
  )
  const net = tinyStill(target)
  const session = await load(net.graph)
  assert.ok(Math.max(...(await errorsOf(net, session))) <= 1e-5)
  await session.release()
})

test('a small net that is asked several things at once gives the same numbers in session threads', async () => {
  const { target, load } = await startDevice('cpu', { threads: 2 })
  const net = tinyStill(target)
  const session = await load(net.graph, { parallel: true })
  const errors = await Promise.all([errorsOf(net, session), errorsOf(net, session)])
  assert.ok(Math.max(...errors.flat()) <= 1e-5)
  await session.release()
})
