// Host queues (BullMQ): one for each GPU host and lane, because the bot chooses who renders what. Each of its jobs is one attempt, taken and ended
// by that host alone; a lost attempt is taken out here and made anew as another job, never begun twice.

import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { keys } from '../../protocol/keys.ts'

export interface HostQueues {
  /** Nothing happens where it is there already. */
  add(queue: string, run: string, order: string): Promise<void>
  /** @param queue as `queueName` names it */
  look(queue: string, run: string): Promise<JobLook>
  /** Takes it out, whoever has it: what becomes of it there cannot be written any more. */
  revoke(queue: string, run: string): Promise<void>
  /** Everything of one whose host is gone for good. */
  drop(queue: string): Promise<void>
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

  function queueOf(name: string): Queue {
    const known = queues.get(name)
    if (known) return known
    const queue = new Queue(name, {
      connection: redis,
      prefix: keys.queues,
      skipVersionCheck: true,
      // Nobody reads them: the hosts announce what they do.
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: { attempts: 1, removeOnComplete: { age: keptS }, removeOnFail: { age: keptS } },
    })
    queue.on('error', onError)
    queues.set(name, queue)
    return queue
  }

  return {
    async add(name, run, order) {
      await queueOf(name).add('run', order, { jobId: run })
    },
    async look(name, run) {
      const job = await queueOf(name).getJob(run)
      if (!job) return { state: 'unknown' }
      if (job.finishedOn === undefined) return { state: job.processedOn === undefined ? 'waiting' : 'active' }
      return job.failedReason ? { state: 'failed', reason: job.failedReason } : { state: 'ended', value: job.returnvalue }
    },
    async revoke(name, run) {
      const queue = queueOf(name)
      // A job that is locked cannot be removed, and its host may never come back to unlock it.
      await redis.del(`${queue.toKey(run)}:lock`)
      await queue.remove(run)
    },
    async drop(name) {
      const queue = queueOf(name)
      await queue.obliterate({ force: true })
      queues.delete(name)
      await queue.close()
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}
