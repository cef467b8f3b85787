// Personal defaults: what a person wants where a request does not say otherwise. Kept for each person on each platform.

import { z } from 'zod'

export const defaultsSchema = z.object({
  style: z.string().max(100).optional(),
  negative: z.string().max(1000).optional(),
  frames: z.int().min(1).max(32).optional(),
  aspect: z.enum(['square', 'wide', 'tall']).optional(),
  steps: z.int().min(1).max(100).optional(),
  guidance: z.number().min(1).max(30).optional(),
  motion: z.enum(['calm', 'usual', 'lively']).optional(),
  format: z.enum(['webp', 'gif', 'mp4']).optional(),
  private: z.boolean().optional(),
})

export type Defaults = z.infer<typeof defaultsSchema>
