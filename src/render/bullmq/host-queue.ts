// Host queues (BullMQ): one for each GPU host, because the bot chooses who renders what. Each of its jobs is one attempt, taken and ended
// by that host alone; a lost attempt is taken out here and made anew as another job, never begun twice.

import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { keys } from './keys.ts'

export interface HostQueues {
  /** Nothing happens where it is there already. */
  add(host: string, run: string, order: string): Promise<void>
  look(host: string, run: string): Promise<JobLook>
  /** Takes it out, whoever has it: what becomes of it there cannot be written any more. */
  revoke(host: string, run: string): Promise<void>
  /** Everything of a host that is gone for good. */
  drop(host: string): Promise<void>
  close(): Promise<void>
}

/** What BullMQ knows of a job. */
export type JobLook =
  | { readonly state: 'waiting' | 'active' | 'unknown' }
  | { readonly state: 'ended'; readonly value: unknown }
  | { readonly state: 'failed'; readonly reason: string }

/** What was not read in this time was for a bot that never came back. */
const keptS = 24 * 3600

export function createHostQueues(redis: Redis, onError: (error: Error) => void): HostQueues {
  const queues = new Map<string, Queue>()

  function queueOf(host: string): Queue {
    const known = queues.get(host)
    if (known) return known
    const queue = new Queue(host, {
      connection: redis,
      prefix: keys.queues,
      skipVersionCheck: true,
      // Nobody reads them: the hosts announce what they do.
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: { attempts: 1, removeOnComplete: { age: keptS }, removeOnFail: { age: keptS } },
    })
    queue.on('error', onError)
    queues.set(host, queue)
    return queue
  }

  return {
    async add(host, run, order) {
      await queueOf(host).add('run', order, { jobId: run })
    },
    async look(host, run) {
      const job = await queueOf(host).getJob(run)
      if (!job) return { state: 'unknown' }
      if (job.finishedOn === undefined) return { state: job.processedOn === undefined ? 'waiting' : 'active' }
      return job.failedReason ? { state: 'failed', reason: job.failedReason } : { state: 'ended', value: job.returnvalue }
    },
    async revoke(host, run) {
      const queue = queueOf(host)
      // A job that is locked cannot be removed, and its host may never come back to unlock it.
      await redis.del(`${queue.toKey(run)}:lock`)
      await queue.remove(run)
    },
    async drop(host) {
      const queue = queueOf(host)
      await queue.obliterate({ force: true })
      queues.delete(host)
      await queue.close()
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}
