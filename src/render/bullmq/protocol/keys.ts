// Redis keys and channels of bot and GPU hosts: all begin alike, so that an access list can name them.

import type { LaneName } from '../../../jobs/lane.ts'

const prefix = 'zoetrope'

export const keys = {
  /** Of BullMQ, which adds the queue's name. */
  queues: `${prefix}:queue`,
  /** A hash: what each host has announced last. */
  hosts: `${prefix}:hosts`,
  /** The bot writes it over and over, which shows whether Redis can be written. */
  bot: `${prefix}:bot`,
  placement: (id: string): string => `${prefix}:placement:${id}`,
  content: (sha256: string): string => `${prefix}:content:${sha256}`,
} as const

/** BullMQ's, of one host: trainings wait for nothing that is drawn. */
export const queueName = (host: string, lane: LaneName): string => (lane === 'drawing' ? host : `${host}.trainings`)

export const channels = {
  /** What hosts say. */
  bots: `${prefix}:bots`,
  /** What is said to one. */
  host: (host: string): string => `${prefix}:host:${host}`,
} as const

/** On the channel of bots: before progress, which no announcement begins with. */
export const progressMark = 'progress '

/** As BullMQ and the hosts call one attempt: after its job, and numbered. */
export const runKey = ({ id, attempt }: { readonly id: string; readonly attempt: number }): string => `${id}.${attempt}`

/** @param run of `runKey` */
export const jobOfRun = (run: string): string => run.slice(0, run.lastIndexOf('.'))
