// How DEVICE is read.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCards } from '../../../src/render/local/card-memory.ts'
import { deviceEnvironment, deviceLabel, parseDeviceList } from '../../../src/render/local/device-list.ts'

test('one device, or several with commas between; only CUDA has cards by number', () => {
  assert.deepEqual(parseDeviceList('auto'), [{ device: 'auto' }])
  assert.deepEqual(parseDeviceList('cuda:0, cuda:1'), [
    { device: 'cuda', card: 0 },
    { device: 'cuda', card: 1 },
  ])
  assert.deepEqual(parseDeviceList('cpu,cpu'), [{ device: 'cpu' }, { device: 'cpu' }])
  for (const wrong of ['tpu', 'cuda:', 'cuda:x', 'cuda:-1', 'webgpu:0', 'auto,cpu', 'cpu,', '', 'cuda:100'])
    assert.equal(parseDeviceList(wrong), undefined, wrong)
})

test('each process sees its own card alone, of those that the operator lets be seen', () => {
  const [first, second] = parseDeviceList('cuda:0,cuda:1')!
  assert.deepEqual(deviceEnvironment(second!, {}), { CUDA_VISIBLE_DEVICES: '1' })
  assert.deepEqual(deviceEnvironment(second!, { CUDA_VISIBLE_DEVICES: '4,6' }), { CUDA_VISIBLE_DEVICES: '6' })
  assert.deepEqual(deviceEnvironment(first!, { CUDA_VISIBLE_DEVICES: 'GPU-8d2f,GPU-11aa' }), { CUDA_VISIBLE_DEVICES: 'GPU-8d2f' })
  assert.deepEqual(deviceEnvironment({ device: 'cpu' }, {}), {})
  assert.equal(deviceLabel(second!), 'cuda:1')
})

test('what the driver says of its cards is read', () => {
  const said = 'NVIDIA H100 80GB HBM3, 81559\nNVIDIA GeForce RTX 4090, 24564\n'
  assert.deepEqual(parseCards(said), [
    { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 81559 * 2 ** 20 },
    { name: 'NVIDIA GeForce RTX 4090', memoryBytes: 24564 * 2 ** 20 },
  ])
  assert.deepEqual(parseCards('No devices were found\n'), [])
})
