// An engine of one's own, for what draws one thing after the other and wants nothing but its frames: a device and sessions for it alone.

import type { Device } from '../device-names.ts'
import type { Frames } from '../frames.ts'
import { createSessions } from '../runtime/sessions.ts'
import { type StartedDevice, startDevice } from '../runtime/start-device.ts'
import { createEngine, type EngineInput } from './engine.ts'

export interface OpenEngine {
  readonly started: StartedDevice
  frames(drawing: EngineInput): Promise<Frames>
  close(): Promise<void>
}

/** Of loaded nets. */
const budgetBytes = 4e9

/** @throws UserError of starting a device */
export async function openEngine(device: Device | 'auto', options: Parameters<typeof startDevice>[1]): Promise<OpenEngine> {
  const started = await startDevice(device, options)
  const sessions = createSessions({ budgetBytes, load: started.load })
  const engine = createEngine({ sessions, target: started.target, vaeTarget: started.vaeTarget })
  return {
    started,
    async frames(drawing) {
      const steps = engine.draw(drawing)
      let turn = await steps.next()
      while (!turn.done) turn = await steps.next()
      return turn.value.frames
    },
    close: () => engine.close(),
  }
}
