// An announcement: what a host is and does, each heartbeat.

import { z } from 'zod'
import { hostTakings } from '../../host-takes.ts'
import { count, hostId, name, runId, sha256 } from './fields.ts'

/** How often hosts announce themselves, and the bot looks. */
export const usualHeartbeatMs = 3000

export const announcementSchema = z.object({
  host: hostId,
  /** As people call it. */
  name,
  version: name,
  protocol: count,
  /** Rises. */
  seq: count,
  /** The host goes, or takes nothing more. */
  state: z.enum(['up', 'draining', 'left']),
  takes: z.enum(hostTakings),
  /** One a slot of drawings, and of trainings: as far as it takes them. */
  devices: z
    .array(
      z.object({
        name,
        memoryBytes: count.exactOptional(),
        /** What it renders just now. */
        run: runId.exactOptional(),
        /** As `modelKeysOf` names them, the newest first. */
        warm: z.array(z.string().max(64)).max(16),
      }),
    )
    .max(64),
  /** Runs that were taken and have not ended, also such as fetch a file or wait for a device. */
  runs: z.array(runId).max(128),
  /** Of these, those that train. */
  trainings: z.array(runId).max(64),
  /** Contents that need not be sent. */
  installed: z.array(sha256).max(2000),
  stepTimes: z.array(z.object({ model: z.string().max(64), width: count, height: count, frames: count, stepMs: z.number() })).max(64),
})

export type HostAnnouncement = z.infer<typeof announcementSchema>
