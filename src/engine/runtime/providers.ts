// Execution providers: ONNX Runtime's options for each device. Under Node, CUDA and DirectML take a device number and nothing else, WebGPU
// a layout.

import type { Device } from '../device-names.ts'

export interface Providers {
  readonly executionProviders: readonly (Device | { readonly name: Device; readonly deviceId?: number; readonly coreMlFlags?: number })[]
  readonly enableCpuMemArena: boolean
  readonly enableMemPattern: boolean
  /** Graph optimisers that do harm there. */
  readonly disabledOptimizers: readonly string[]
}

/** CoreML: an ML Program (the form that knows most operators), and only parts whose shapes are fixed, which all of ours are. */
const coreMlFlags = 0x010 | 0x008

const gpu = { enableCpuMemArena: false, enableMemPattern: true, disabledOptimizers: [] }

const table: Readonly<Record<Device, Providers>> = {
  cpu: {
    executionProviders: ['cpu'],
    // Without it every value is asked of the system, which clears its pages: a step of the small model took five times as long.
    enableCpuMemArena: true,
    // A block planned for all values would come on top of what the first run took: 2 GB for 16 frames, and no faster.
    enableMemPattern: false,
    // Gemm is slower than MatMul + Add on CPU, fused skip-norm five times slower than its parts.
    disabledOptimizers: ['MatMulAddFusion', 'SkipLayerNormFusion'],
  },
  webgpu: { ...gpu, executionProviders: ['webgpu'] },
  cuda: { ...gpu, executionProviders: [{ name: 'cuda', deviceId: 0 }] },
  // DirectML's provider refuses memory patterns.
  dml: { ...gpu, enableMemPattern: false, executionProviders: [{ name: 'dml', deviceId: 0 }] },
  coreml: { ...gpu, executionProviders: [{ name: 'coreml', coreMlFlags }] },
}

/** ONNX Runtime puts the CPU behind every device, for operators that the device lacks. */
export const providersFor = (device: Device): Providers => table[device]
