// An announcer: tells bots what a GPU host has and does, and leaves the last of it in Redis for bots that come later.

import { omitUndefined } from '../../../omit-undefined.ts'
import type { Slots } from '../../slots.ts'
import { channels, keys } from '../protocol/keys.ts'
import type { HostAnnouncement } from '../protocol/messages/announcement.ts'
import type { RedisConnection } from '../protocol/redis-connection.ts'
import type { Signature } from '../protocol/signature.ts'
import { protocolVersion } from '../protocol/version.ts'
import type { HostFiles } from './host-files.ts'
import type { HostDevice, OrderRun } from './order-runs.ts'
import type { StepTimes } from './step-times.ts'

export interface Announcer {
  /** Where Redis is away it is said with the next heartbeat. */
  announce(): void
  /** Resolves when it is written, which the last word of a host waits for. */
  announceNow(): Promise<void>
}

export interface AnnouncerParts {
  readonly connection: Pick<RedisConnection, 'redis'>
  readonly signature: Pick<Signature, 'sign'>
  readonly devices: readonly HostDevice[]
  readonly slots: Pick<Slots<HostDevice>, 'warm'>
  readonly runs: ReadonlyMap<string, OrderRun>
  readonly files: Pick<HostFiles, 'installed'>
  readonly stepTimes: Pick<StepTimes, 'all'>
  readonly about: () => Pick<HostAnnouncement, 'host' | 'name' | 'version' | 'takes' | 'state'>
}

/** An announcement is read after that only to clear it away. */
const announcedMs = 2 * 24 * 3_600_000

export function createAnnouncer({ connection, signature, devices, slots, runs, files, stepTimes, about }: AnnouncerParts): Announcer {
  let seq = 0

  function announcement(): HostAnnouncement {
    const busy = new Map([...runs].map(([run, { device }]): [unknown, string] => [device, run]))
    return {
      ...about(),
      protocol: protocolVersion,
      seq: seq++,
      devices: devices.map((device) => ({
        name: device.name,
        warm: [...slots.warm(device)],
        ...omitUndefined({ memoryBytes: device.memoryBytes, run: busy.get(device) }),
      })),
      runs: [...runs.keys()],
      trainings: [...runs].flatMap(([run, { lane }]) => (lane === 'training' ? [run] : [])),
      installed: [...files.installed()],
      stepTimes: [...stepTimes.all()],
    }
  }

  async function announceNow(): Promise<void> {
    const message = announcement()
    const text = signature.sign('announcement', message, announcedMs)
    await connection.redis.pipeline().hset(keys.hosts, message.host, text).publish(channels.bots, text).exec()
  }

  return {
    announce: () => void announceNow().catch(() => undefined),
    announceNow,
  }
}
