// What webgpu.test.ts asks of WebGPU, in a process of its own, because a driver may take the whole process down. Answers are lines of JSON.

import { type LoadAlone, probeMachine } from '../../../src/engine/runtime/device-probe.ts'
import { chooseDevice } from '../../../src/engine/runtime/devices.ts'
import { attentionCases, selfTest } from '../../../src/engine/runtime/self-test.ts'
import { createSession, listBackends } from '../../../src/engine/runtime/session.ts'
import { targetsFor } from '../../../src/engine/targets/table.ts'
import type { Target } from '../../../src/engine/targets/target.ts'
import { errorsOf, type TinyNet, tinyMotion, tinyStill, tinyText, tinyVae } from './tiny-nets.ts'
import type { Answer } from './webgpu.test.ts'

const say = (answer: Answer): void => console.log(JSON.stringify(answer))
const load: LoadAlone = (graph, device) => createSession(graph, { device, alone: true })
const probe = probeMachine(load, listBackends)

async function met(name: string, net: TinyNet): Promise<void> {
  const session = await load(net.graph, 'webgpu')
  const errors = await errorsOf(net, session)
  await session.release()
  say({ name, error: Math.max(...errors) })
}

try {
  await chooseDevice('webgpu', probe)
  say({ name: 'start', reason: null })
} catch (error) {
  say({ name: 'start', reason: String(error) })
  process.exit(0)
}

say({ name: 'auto', choice: await chooseDevice('auto', { ...probe, hasGpu: () => true }) })

const once = { steps: [961], clips: 1 } as const
const nets: Readonly<Record<string, (target: Target) => TinyNet>> = {
  text: tinyText,
  vae: (target) => tinyVae(target, 1),
  still: tinyStill,
  v1: (target) => tinyMotion(target, 'v1', once),
  v2: (target) => tinyMotion(target, 'v2', once),
  v3: (target) => tinyMotion(target, 'v3', once),
}
// Longer heads and the temporal kernel take a software driver half a minute each to compile.
const cases = attentionCases.filter(({ kind, S, d }) => kind !== 'temporal' && S <= 128 && d === 40)
const { fused, findings, notes } = await selfTest('webgpu', load, { types: ['float32'], cases })
say({ name: 'self-test', fused: [...fused], findings, notes })

const wide = targetsFor('webgpu', { type: 'float32', fused })
for (const [name, write] of Object.entries(nets)) await met(`${name} float32`, write(name === 'vae' ? wide.vaeTarget : wide.target))
await met('still float16', tinyStill(targetsFor('webgpu', { type: 'float16', fused }).target))
say({ name: 'end' })
