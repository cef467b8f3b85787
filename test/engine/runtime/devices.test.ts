import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Device } from '../../../src/engine/device-names.ts'
import { UserError } from '../../../src/engine/errors.ts'
import { probeMachine } from '../../../src/engine/runtime/device-probe.ts'
import { chooseDevice, type DeviceProbe } from '../../../src/engine/runtime/devices.ts'
import { createSession, listBackends } from '../../../src/engine/runtime/session.ts'

interface Machine {
  readonly platform?: NodeJS.Platform
  readonly starts: readonly Device[]
  readonly gpu?: boolean
  readonly gflops?: Partial<Record<Device, number>>
  readonly says?: string
}

const knownOn: Partial<Record<NodeJS.Platform, readonly Device[]>> = {
  linux: ['cpu', 'webgpu', 'cuda'],
  win32: ['cpu', 'dml', 'webgpu'],
  darwin: ['cpu', 'coreml', 'webgpu'],
}

function machine({
  platform = 'linux',
  starts,
  gpu = true,
  gflops = { webgpu: 2000, cpu: 400 },
  says = 'no',
}: Machine): DeviceProbe & { started: Device[] } {
  const started: Device[] = []
  return {
    started,
    platform,
    listBackends: () => knownOn[platform]!,
    hasGpu: () => gpu,
    async start(device) {
      started.push(device)
      if (!starts.includes(device)) throw new Error(says)
    },
    speed: async (device) => gflops[device]!,
  }
}

test('auto takes the fastest kind that starts', async () => {
  const choices: [Machine, Device][] = [
    [{ starts: ['cuda', 'webgpu'] }, 'cuda'],
    [{ starts: ['webgpu'] }, 'webgpu'],
    [{ starts: [] }, 'cpu'],
    [{ platform: 'win32', starts: ['dml', 'webgpu'] }, 'dml'],
    [{ platform: 'win32', starts: ['webgpu'] }, 'webgpu'],
    [{ platform: 'darwin', starts: ['coreml', 'webgpu'] }, 'coreml'],
  ]
  for (const [it, device] of choices) assert.equal((await chooseDevice('auto', machine(it))).device, device)
})

test('auto tells in one sentence why each better device was passed over', async () => {
  const { passedOver } = await chooseDevice(
    'auto',
    machine({ starts: ['webgpu'], says: 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library' }),
  )
  assert.deepEqual(
    passedOver.map(({ device }) => device),
    ['cuda', 'dml', 'coreml'],
  )
  assert.equal(
    passedOver[0]!.reason,
    'CUDA was passed over: ONNX Runtime’s library for it is not installed, or a library that it needs is missing.',
  )
  assert.equal(passedOver[1]!.reason, 'DirectML was passed over: ONNX Runtime has no DirectML on linux.')
})

test('auto leaves a software adapter alone: no GPU, or slower than the CPU', async () => {
  const none = machine({ starts: ['webgpu'], gpu: false })
  const first = await chooseDevice('auto', none)
  assert.equal(first.device, 'cpu')
  assert.ok(!none.started.includes('webgpu'), 'it is not even started')
  assert.match(first.passedOver.at(-1)!.reason, /this machine shows no GPU/)

  const slow = await chooseDevice('auto', machine({ starts: ['webgpu'], gflops: { webgpu: 6, cpu: 155 } }))
  assert.equal(slow.device, 'cpu')
  assert.equal(
    slow.passedOver.at(-1)!.reason,
    'WebGPU was passed over: its adapter is slower than the CPU (6 against 155 GFLOP/s), as a software driver is.',
  )
})

test('a device that is named is taken whatever its speed', async () => {
  const it = machine({ starts: ['webgpu'], gpu: false, gflops: { webgpu: 6, cpu: 155 } })
  assert.deepEqual(await chooseDevice('webgpu', it), { device: 'webgpu', passedOver: [] })
})

test('a device that is named and does not start is refused with the reason and what to do', async () => {
  const refusals: [Device, Machine, RegExp][] = [
    [
      'cuda',
      { starts: [], says: 'Failed to load shared library' },
      /^CUDA does not start here: .+ not installed.+install\.js' --onnxruntime-node-install=cuda12"\.$/,
    ],
    [
      'cuda',
      { starts: [], says: 'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version' },
      /NVIDIA driver is missing, too old/,
    ],
    [
      'webgpu',
      { starts: [], says: 'Failed to get a WebGPU adapter: No supported adapters' },
      /^WebGPU does not start here: .+libvulkan1.+$/,
    ],
    ['webgpu', { starts: [], says: 'something new\nat line 2' }, /webgpu said “something new”/],
    ['cuda', { platform: 'win32', starts: [] }, /has no CUDA on win32\. Under Node/],
    ['dml', { starts: [] }, /has no DirectML on linux\. DirectML needs Windows 10/],
    ['coreml', { starts: [] }, /has no CoreML on linux\. CoreML needs a Mac/],
  ]
  for (const [device, it, sentence] of refusals) {
    await assert.rejects(
      chooseDevice(device, machine(it)),
      (error: unknown) => error instanceof UserError && error.code === 'device-not-started' && sentence.test(error.message),
      `${device} ${sentence}`,
    )
  }
})

test('this very machine: the CPU starts, every device that does not is refused with a sentence, and auto finds one', async () => {
  const probe = probeMachine((graph, device) => createSession(graph, { device, alone: true }), listBackends)
  assert.equal((await chooseDevice('cpu', probe)).device, 'cpu')
  assert.ok((await probe.speed('cpu')) > 1)
  for (const device of ['cuda', 'dml', 'coreml'] as const) {
    try {
      assert.equal((await chooseDevice(device, probe)).device, device)
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === 'device-not-started', String(error))
    }
  }
  if (probe.hasGpu()) return
  const { device, passedOver } = await chooseDevice('auto', probe)
  assert.equal(device, 'cpu')
  assert.equal(passedOver.length, 4)
})
