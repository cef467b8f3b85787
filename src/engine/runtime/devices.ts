// Device selection. What a person names either starts or is refused with the reason and what to do about it; `auto` goes from the fastest
// kind to the CPU, takes the first that starts, and says why the others were passed over.

import { fileURLToPath } from 'node:url'
import type { Device } from '../device-names.ts'
import { UserError } from '../errors.ts'

export interface ChosenDevice {
  readonly device: Device
  /** What stood before it in the order and did not start. */
  readonly passedOver: readonly { readonly device: Device; readonly reason: string }[]
}

/** The machine, as far as choosing asks for it; the real one is device-probe.ts. */
export interface DeviceProbe {
  readonly platform: NodeJS.Platform
  /** The devices that this build of ONNX Runtime knows. */
  listBackends(): readonly string[]
  /** Whether the system shows a GPU at all; a WebGPU adapter on a machine without one is computed by the CPU. */
  hasGpu(): boolean
  /** Loads and runs a small graph on the device alone. Throws what ONNX Runtime says. */
  start(device: Device): Promise<void>
  /** Large products, in GFLOP/s as measured now. */
  speed(device: Device): Promise<number>
}

/** Best first. */
const order: readonly Device[] = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu']

/** @throws UserError `device-not-started` where a device was named and does not start */
export async function chooseDevice(wanted: Device | 'auto', probe: DeviceProbe): Promise<ChosenDevice> {
  if (wanted !== 'auto') {
    const reason = await whyNot(wanted, probe)
    if (reason === null) return { device: wanted, passedOver: [] }
    throw new UserError('device-not-started', `${names[wanted]} does not start here: ${reason}. ${mending(wanted, probe.platform)}`, {
      device: wanted,
      reason,
    })
  }
  const passedOver: { device: Device; reason: string }[] = []
  for (const device of order) {
    if (device === 'cpu') break
    const reason = (device === 'webgpu' ? whyPointless(probe) : null) ?? (await whyNot(device, probe)) ?? (await whySlow(device, probe))
    if (reason === null) return { device, passedOver }
    passedOver.push({ device, reason: `${names[device]} was passed over: ${reason}.` })
  }
  return { device: 'cpu', passedOver }
}

/** null: it starts. */
async function whyNot(device: Device, probe: DeviceProbe): Promise<string | null> {
  if (device === 'cpu') return null
  if (!probe.listBackends().includes(device)) return `ONNX Runtime has no ${names[device]} on ${probe.platform}`
  try {
    await probe.start(device)
    return null
  } catch (error) {
    return reasonOf(device, error)
  }
}

// A Vulkan driver that computes on the CPU (lavapipe, SwiftShader) starts like any other, and its name is out of reach under Node.
// It has no device file; and where a display adapter that cannot compute has one, it is still slower than the CPU that it runs on.

const whyPointless = (probe: DeviceProbe): string | null =>
  probe.listBackends().includes('webgpu') && !probe.hasGpu() ? 'this machine shows no GPU, so that its adapter would be software' : null

async function whySlow(device: Device, probe: DeviceProbe): Promise<string | null> {
  if (device !== 'webgpu') return null
  const [gpu, cpu] = [await probe.speed(device), await probe.speed('cpu')]
  if (gpu > cpu) return null
  return `its adapter is slower than the CPU (${Math.round(gpu)} against ${Math.round(cpu)} GFLOP/s), as a software driver is`
}

const names: Readonly<Record<Device, string>> = { cpu: 'CPU', webgpu: 'WebGPU', cuda: 'CUDA', dml: 'DirectML', coreml: 'CoreML' }

/** What ONNX Runtime and Dawn write, in words. */
const known: readonly (readonly [RegExp, string])[] = [
  [/Failed to load shared library/, 'ONNX Runtime’s library for it is not installed, or a library that it needs is missing'],
  [/CUDA driver version is insufficient|no CUDA-capable device|CUDA failure/, 'the NVIDIA driver is missing, too old, or shows no GPU'],
  [/No supported adapters|Failed to get a WebGPU adapter/, 'no graphics driver offers an adapter that it can use'],
  [/assigned to the default CPU EP/, 'it has no kernel for the graph that it was tried with'],
]

function reasonOf(device: Device, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const words = known.find(([pattern]) => pattern.test(text))?.[1]
  return words ?? `${device} said “${text.split('\n', 1)[0]!.trim().slice(0, 200)}”`
}

/** Wherever it is told. */
const installScript = fileURLToPath(new URL('../../../node_modules/onnxruntime-node/script/install.js', import.meta.url))

function mending(device: Device, platform: NodeJS.Platform): string {
  switch (device) {
    case 'cuda':
      return platform === 'linux'
        ? `Install the NVIDIA driver, CUDA 12 and cuDNN 9, then run "node '${installScript}' --onnxruntime-node-install=cuda12".`
        : 'Under Node, ONNX Runtime has CUDA on 64-bit Intel and AMD Linux only.'
    case 'webgpu':
      return platform === 'linux'
        ? 'Install the Vulkan loader (Debian: libvulkan1) and the GPU’s Vulkan driver (NVIDIA’s, or mesa-vulkan-drivers 25 or newer).'
        : 'Update the graphics driver.'
    case 'dml':
      return 'DirectML needs Windows 10 or newer and a graphics card with a Direct3D 12 driver.'
    case 'coreml':
      return 'CoreML needs a Mac with Apple silicon.'
    case 'cpu':
      return ''
  }
}
