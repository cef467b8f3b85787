// Configuration of models: the environment variables that say what draws instead of the small model, and where models are pulled from.

import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, filePath } from '../environment.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'

export interface ModelsConfig {
  /** What draws instead of the small model that ships. */
  readonly checkpoint?: string
  readonly motion?: string
  /** Where models are pulled from, and as whom. */
  readonly hub: { readonly endpoint: string; readonly token?: string }
}

export const modelVariables = {
  CHECKPOINT: { about: 'A Stable Diffusion 1.x checkpoint that draws instead of the small model', schema: filePath },
  MOTION: { about: 'A motion module for it', schema: filePath },
  HF_ENDPOINT: {
    about: 'Where models are pulled from: the hub, or a mirror of it',
    usual: 'https://huggingface.co',
    schema: z.url({ protocol: /^https?$/, error: 'an https:// address' }),
  },
  HF_TOKEN: { about: 'Of an account that has accepted the terms of gated models', secret: true, schema: z.string() },
} as const satisfies EnvironmentVariables

/** @throws UserError bad-setting */
export function modelsConfig(values: EnvironmentValues<typeof modelVariables>): ModelsConfig {
  const { CHECKPOINT: checkpoint, MOTION: motion, HF_ENDPOINT, HF_TOKEN: token } = values
  if (motion !== undefined && checkpoint === undefined) {
    throw new UserError('bad-setting', 'MOTION is set, and CHECKPOINT is not: name the checkpoint that it belongs to.', {
      names: ['MOTION'],
    })
  }
  return { ...omitUndefined({ checkpoint, motion }), hub: { endpoint: HF_ENDPOINT.replace(/\/+$/, ''), ...omitUndefined({ token }) } }
}
