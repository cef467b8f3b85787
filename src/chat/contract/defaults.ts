// Personal defaults: what a person wants where a request does not say otherwise. Kept for each person on each platform.

import { z } from 'zod'
import { formats } from '../../animation-format.ts'
import { drawSettingSchema } from '../../draw-settings.ts'

export const defaultsSchema = z.object({
  style: z.string().max(100).optional(),
  negative: z.string().max(1000).optional(),
  frames: drawSettingSchema('frames').optional(),
  loop: drawSettingSchema('loop').optional(),
  aspect: z.enum(['square', 'wide', 'tall']).optional(),
  steps: drawSettingSchema('steps').optional(),
  guidance: drawSettingSchema('guidance').optional(),
  motion: z.enum(['calm', 'usual', 'lively']).optional(),
  format: z.enum(formats).optional(),
  private: z.boolean().optional(),
  /** To be mentioned when a request has ended. */
  mention: z.boolean().optional(),
})

export type Defaults = z.infer<typeof defaultsSchema>
