// From a name on the command line to a device that draws: chosen, held against the CPU, with the tables that write nets for it.

import { UserError } from '../errors.ts'
import type { Graph } from '../onnx/graph.ts'
import type { Device } from '../targets/device.ts'
import { type Targets, targetsFor } from '../targets/table.ts'
import { type Choice, chooseDevice } from './devices.ts'
import { probeMachine } from './probe.ts'
import { type SelfTest, selfTest } from './self-test.ts'
import { createSession, listBackends, type Session } from './session.ts'

export interface StartedDevice extends Targets {
  readonly device: Device
  /** Sentences to show once: what was passed over or given up, and why. */
  readonly notes: readonly string[]
  /** What the device was found able to do; it holds for this process. */
  readonly selfTest: SelfTest
  load(graph: Graph): Promise<Session>
}

/** @throws UserError where a named device does not start, or computes wrong numbers; `auto` falls back to the CPU and notes it */
export async function startDevice(wanted: Device | 'auto', { threads }: { threads?: number } = {}): Promise<StartedDevice> {
  const onCpu = threads ? { threads } : {}
  const alone = (graph: Graph, device: Device): Promise<Session> => createSession(graph, { ...onCpu, device, alone: true })
  const choice = await chooseDevice(wanted, probeMachine(alone, listBackends))
  const { tested, notes } = await held(choice, wanted, (device) => selfTest(device, alone))
  const { device } = tested
  return {
    device,
    ...targetsFor(device, tested),
    notes: [...choice.passedOver.map(({ reason }) => reason), ...notes],
    selfTest: tested,
    load: (graph) => createSession(graph, { ...onCpu, device }),
  }
}

async function held(
  { device }: Choice,
  wanted: Device | 'auto',
  test: (device: Device) => Promise<SelfTest>,
): Promise<{ tested: SelfTest; notes: readonly string[] }> {
  try {
    const tested = await test(device)
    return { tested, notes: tested.notes }
  } catch (error) {
    if (wanted !== 'auto' || !(error instanceof UserError)) throw error
    return { tested: await test('cpu'), notes: [error.message] }
  }
}
