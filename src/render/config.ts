// Configuration of rendering: the environment variables that say what draws and what encodes.

import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, whole } from '../environment.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { deviceListForm, parseDeviceList } from './local/device-list.ts'

export interface RenderConfig {
  /** As `parseDeviceList` reads it. */
  readonly device: string
  readonly threads?: number
  readonly ffmpeg?: string
}

export const renderVariables = {
  DEVICE: {
    about: `What draws: ${deviceListForm}`,
    usual: 'auto',
    schema: z.string().refine((text) => parseDeviceList(text) !== undefined, deviceListForm),
  },
  THREADS: { about: 'Threads of the CPU', schema: whole(1, 1024) },
  FFMPEG_BIN: { about: 'Path of an ffmpeg for MP4; searched for otherwise', schema: z.string() },
} as const satisfies EnvironmentVariables

export function renderConfig(values: EnvironmentValues<typeof renderVariables>): RenderConfig {
  const { DEVICE: device, THREADS: threads, FFMPEG_BIN: ffmpeg } = values
  return { device, ...omitUndefined({ threads, ffmpeg }) }
}
