// Configuration of rendering: the environment variables that say what draws and what encodes.

import { z } from 'zod'
import { devices } from '../engine/device-names.ts'
import { type EnvironmentValues, type EnvironmentVariables, oneOf, whole } from '../environment.ts'
import { omitUndefined } from '../omit-undefined.ts'

export interface RenderConfig {
  readonly device: string
  readonly threads?: number
  readonly ffmpeg?: string
}

export const renderVariables = {
  DEVICE: { about: `What draws: auto, ${devices.join(', ')}`, usual: 'auto', schema: oneOf(['auto', ...devices]) },
  THREADS: { about: 'Threads of the CPU', schema: whole(1, 1024) },
  FFMPEG_BIN: { about: 'Path of an ffmpeg for MP4; searched for otherwise', schema: z.string() },
} as const satisfies EnvironmentVariables

export function renderConfig(values: EnvironmentValues<typeof renderVariables>): RenderConfig {
  const { DEVICE: device, THREADS: threads, FFMPEG_BIN: ffmpeg } = values
  return { device, ...omitUndefined({ threads, ffmpeg }) }
}
