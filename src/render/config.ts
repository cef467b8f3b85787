// Configuration of rendering: the environment variables that say what draws and what encodes.

import { z } from 'zod'
import { devices } from '../engine/device-names.ts'
import { type EnvironmentValues, type EnvironmentVariables, whole } from '../environment.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { deviceListForm, type ListedDevice, parseDeviceList } from './local/device-list.ts'

export interface RenderConfig {
  /** As `parseDeviceList` reads it. */
  readonly device: string
  readonly threads?: number
  readonly ffmpeg?: string
  /** Of styles that are taught from chat, on this machine; null: none is. */
  readonly trainingDevice: ListedDevice | null
  readonly trainingSteps?: number
}

const trainingDeviceForm = `${devices.join(', ')}, a card such as cuda:1, or off`

export const renderVariables = {
  DEVICE: {
    about: `What draws: ${deviceListForm}`,
    usual: 'auto',
    schema: z.string().refine((text) => parseDeviceList(text) !== undefined, deviceListForm),
  },
  THREADS: { about: 'Threads of the CPU', schema: whole(1, 1024) },
  TRAINING_DEVICE: {
    about: `What learns styles that are taught from chat, on the machine of the bot where no GPU host takes trainings: ${trainingDeviceForm}`,
    usual: 'cpu',
    schema: z.string().refine((text) => text === 'off' || trainingDeviceIn(text) !== undefined, trainingDeviceForm),
  },
  TRAINING_STEPS: { about: 'Steps by which such a style is learned; as suits the model otherwise', schema: whole(1, 100_000) },
  FFMPEG_BIN: { about: 'Path of an ffmpeg for MP4; searched for otherwise', schema: z.string() },
} as const satisfies EnvironmentVariables

export function renderConfig(values: EnvironmentValues<typeof renderVariables>): RenderConfig {
  const { DEVICE: device, THREADS: threads, FFMPEG_BIN: ffmpeg, TRAINING_DEVICE: training, TRAINING_STEPS: trainingSteps } = values
  return { device, trainingDevice: trainingDeviceIn(training) ?? null, ...omitUndefined({ threads, trainingSteps, ffmpeg }) }
}

/** Undefined where it is none. */
function trainingDeviceIn(text: string): ListedDevice | undefined {
  const [one, ...more] = parseDeviceList(text) ?? []
  return more.length === 0 && one?.device !== 'auto' ? one : undefined
}
