// What a GPU host says of itself: one idle card, for drawings.

import type { HostAnnouncement } from '../../../src/render/bullmq/protocol/messages/announcement.ts'
import { protocolVersion } from '../../../src/render/bullmq/protocol/version.ts'

export function announcementOf(said: Pick<HostAnnouncement, 'host' | 'name' | 'version'> & Partial<HostAnnouncement>): HostAnnouncement {
  return {
    protocol: protocolVersion,
    seq: 1,
    state: 'up',
    takes: 'drawings',
    devices: [{ name: 'cuda:0', warm: [] }],
    runs: [],
    trainings: [],
    installed: [],
    stepTimes: [],
    ...said,
  }
}
