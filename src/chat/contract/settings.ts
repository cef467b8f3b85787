// Settings: what the admins of one server, workspace or page have decided there.

import { z } from 'zod'
import { drawSettingSchema, drawSettings } from '../../draw-settings.ts'

export const settingsSchema = z.object({
  /** Channel ids where the bot draws; empty: everywhere. */
  channels: z.array(z.string().max(100)).max(100).default([]),
  style: z.string().max(100).optional(),
  maxFrames: drawSettingSchema('frames').default(drawSettings.frames.max),
  maxSteps: drawSettingSchema('steps').default(50),
  /** Of one frame. */
  maxPixels: z
    .int()
    .min(64)
    .max(drawSettings.width.max * drawSettings.height.max)
    .default(768 * 768),
  /** Waiting and running together, for one person here. */
  maxJobs: z.int().min(1).max(100).default(5),
  /** Words that must not stand in a prompt, by what happens to one that has them. */
  blocked: z
    .object({
      refuse: z.array(z.string().max(100)).max(1000).default([]),
      strip: z.array(z.string().max(100)).max(1000).default([]),
      negative: z.array(z.string().max(100)).max(1000).default([]),
    })
    .prefault({}),
  /** Words that are let through in age-restricted channels only. */
  restricted: z.array(z.string().max(100)).max(1000).default([]),
  /** Roles or people, by the platform's ids, who may manage styles besides the admins. */
  styleManagers: z.array(z.string().max(100)).max(100).default([]),
  /** Roles whose people get twice the share of the turns. */
  priorityRoles: z.array(z.string().max(100)).max(100).default([]),
})

export type Settings = z.infer<typeof settingsSchema>
