// A worker of a GPU host (BullMQ's Worker, with a supervisor): takes the jobs of the host's own queue, keeps their locks, and writes what
// came of them. One that takes nothing though something waits, because a connection of it was lost for good, is replaced.

import { UnrecoverableError, Worker } from 'bullmq'
import { keys } from '../protocol/keys.ts'
import type { RedisConnection } from '../protocol/redis-connection.ts'

export interface HostWorker {
  /** Takes nothing more; what was taken goes on. */
  pause(): void
  resume(): void
  /** To be called now and then. */
  supervise(): Promise<void>
  /** Resolves when what was taken has ended. */
  close(): Promise<void>
}

export interface HostWorkerParts {
  /** As `queueName` names it. */
  readonly queue: string
  readonly connection: RedisConnection
  /** How many jobs are taken at once. */
  readonly slots: number
  /** Gives what is written as the job's return value. @throws where the job is not ours */
  readonly work: (run: string, data: unknown) => Promise<string>
  /** BullMQ has written what came of it, or refused to because it was taken away. */
  readonly onEnded: (run: string) => void
  /** Somebody has taken it away while it runs. */
  readonly onLockLost: (run: string) => void
  readonly onReplaced: () => void
  readonly onError: (error: unknown) => void
  /** Milliseconds between two calls of `supervise`. */
  readonly everyMs: number
}

/** Of a lock, which says who may end a job and not who is alive: the bot sees that from heartbeats, and takes the lock away. */
const lockMs = 600_000
const lockRenewMs = 15_000
/** In a row: a job that has just come is taken before the next look. */
const mostStrikes = 3
/** BullMQ has said by then whether it has an outcome, or Redis is away for so long that the bot looks for itself. */
const writtenMs = 60_000

interface Supervised {
  readonly worker: Worker<unknown, string>
  /** Taken and not ended. */
  readonly jobs: Set<string>
}

export function createHostWorker(parts: HostWorkerParts): HostWorker {
  const { queue, connection, slots, work, onEnded, onLockLost, onReplaced, onError, everyMs } = parts
  const retired = new Set<Supervised>()
  let current = start()
  let paused = false
  let strikes = 0
  let closed = false

  function start(): Supervised {
    const jobs = new Set<string>()
    const worker = new Worker<unknown, string>(
      queue,
      async (job) => {
        const run = job.id ?? ''
        jobs.add(run)
        try {
          return await work(run, job.data)
        } finally {
          setTimeout(ended, writtenMs, run).unref()
        }
      },
      {
        connection: connection.patient(),
        prefix: keys.queues,
        concurrency: slots,
        lockDuration: lockMs,
        lockRenewTime: lockRenewMs,
        // What is begun twice would be rendered twice: only the bot begins anything again.
        maxStartedAttempts: 1,
        skipStalledCheck: true,
        skipVersionCheck: true,
        runRetryDelay: 1000,
        drainDelay: Math.min(5, Math.max(1, (2 * everyMs) / 1000)),
      },
    )
    const supervised: Supervised = { worker, jobs }

    function ended(run: string | undefined): void {
      if (run === undefined || !jobs.delete(run)) return
      onEnded(run)
      if (retired.has(supervised)) dismiss(supervised)
    }

    worker.on('completed', (job) => ended(job.id))
    worker.on('failed', (job) => ended(job?.id))
    worker.on('error', (error) => {
      onError(error)
      ended(/^Missing (?:lock|key) for job (\S+)\. /.exec(error.message)?.[1])
    })
    worker.on('lockRenewalFailed', (lost: string[]) => lost.forEach(onLockLost))
    return supervised
  }

  /** What it has taken it ends, and then it goes. */
  function retire(supervised: Supervised): void {
    retired.add(supervised)
    void supervised.worker.pause(true)
    dismiss(supervised)
  }

  function dismiss(supervised: Supervised): void {
    if (supervised.jobs.size > 0) return
    retired.delete(supervised)
    supervised.worker.close(true).catch(onError)
  }

  return {
    pause() {
      paused = true
      void current.worker.pause(true)
    },
    resume() {
      paused = false
      void current.worker.resume()
    },
    async supervise() {
      const taken = [current, ...retired].reduce((sum, { jobs }) => sum + jobs.size, 0)
      if (paused || closed || taken >= slots) {
        strikes = 0
        return
      }
      const waits = await connection.redis.llen(`${keys.queues}:${queue}:wait`)
      strikes = waits > 0 ? strikes + 1 : 0
      if (strikes < mostStrikes || paused || closed) return
      strikes = 0
      onReplaced()
      retire(current)
      current = start()
    },
    async close() {
      closed = true
      await Promise.all([current, ...retired].map(({ worker }) => worker.close()))
    },
  }
}

/** BullMQ writes stacks into Redis, and with them where this program lies. */
export function refusedJob(why: string): UnrecoverableError {
  return Object.assign(new UnrecoverableError(why), { stack: why })
}
