// A device probe: starts small graphs on the machine that we run on, in this process. A provider that is missing throws before any native
// code of it runs, so asking is safe; outputs are never left on a GPU, where reading them aborts.

import { readdirSync } from 'node:fs'
import type { Device } from '../device-names.ts'
import { Graph } from '../onnx/graph.ts'
import { MatMul } from '../onnx/ops.ts'
import type { DeviceProbe } from './devices.ts'
import type { Session } from './session.ts'

/** Loads a graph on one device and refuses to leave a part of it to the CPU. */
export type LoadAlone = (graph: Graph, device: Device) => Promise<Session>

export const probeMachine = (load: LoadAlone, listBackends: () => string[]): DeviceProbe => ({
  platform: process.platform,
  listBackends,
  hasGpu: () => process.platform !== 'linux' || gpuFiles().length > 0,
  async start(device) {
    const session = await load(product(2), device)
    const { y } = await session.run({ a: Float32Array.of(1, 2, 3, 4), b: Float32Array.of(5, 6, 7, 8) })
    await session.release()
    if (y?.join() !== '19,22,43,50') throw new Error(`${device} gives a product of [[1 2][3 4]] and [[5 6][7 8]] as ${y}`)
  },
  async speed(device) {
    const side = 1024
    const session = await load(product(side), device)
    const feeds = { a: new Float32Array(side ** 2).fill(0.5), b: new Float32Array(side ** 2).fill(0.25) }
    await session.run(feeds) // the first run compiles
    let best = Infinity
    for (let i = 0; i < 2; i++) {
      const start = performance.now()
      await session.run(feeds)
      best = Math.min(best, performance.now() - start)
    }
    await session.release()
    return (2 * side ** 3) / best / 1e6
  },
})

function product(side: number): Graph {
  const graph = new Graph('product')
  const matrix = (name: string) => graph.input(name, 'float32', [side, side])
  graph.output('y', MatMul(matrix('a'), matrix('b')))
  return graph
}

/** What a Vulkan driver of a GPU opens under Linux: DRM's render nodes, NVIDIA's own, WSL's, Qualcomm's. */
const gpuFile = /^(?:nvidia\d+|dxg|kgsl-3d0)$/

function gpuFiles(): string[] {
  const entries = (folder: string): string[] => {
    try {
      return readdirSync(folder)
    } catch {
      return [] // no such folder: no such GPU
    }
  }
  return [...entries('/dev').filter((name) => gpuFile.test(name)), ...entries('/dev/dri').filter((name) => name.startsWith('renderD'))]
}
