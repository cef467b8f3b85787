// This machine's devices: one render pool for each that is listed, with a process of its own.

import { totalmem } from 'node:os'
import { countCores } from '../../engine/index.ts'
import type { Slot } from '../slots.ts'
import { deviceEnvironment, deviceLabel, type ListedDevice } from './device-list.ts'
import { createDevicePool } from './device-pool.ts'
import { createLocalPool, type LocalPoolOptions } from './local-pool.ts'

export interface DevicesOptions extends Omit<LocalPoolOptions, 'device' | 'budgetBytes' | 'environment'> {
  readonly devices: readonly ListedDevice[]
  readonly environment: NodeJS.ProcessEnv
}

/** Memory and threads of this machine are shared out among them. */
export function openDevices({ devices, environment, threads, ...options }: DevicesOptions): readonly Slot[] {
  const share = devices.length
  const all = threads ?? (share > 1 ? countCores() : undefined)
  return devices.map((listed) => ({
    name: deviceLabel(listed),
    pool: createLocalPool({
      ...options,
      device: listed.device,
      budgetBytes: Math.floor(totalmem() / 2 / share),
      environment: deviceEnvironment(listed, environment),
      ...(all !== undefined && { threads: Math.max(1, Math.floor(all / share)) }),
    }),
  }))
}

/** One pool of them all. */
export function poolOfDevices(slots: readonly Slot[]): Slot['pool'] {
  return slots.length === 1 ? slots[0]!.pool : createDevicePool(slots)
}
