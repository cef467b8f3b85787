// A load target: what simulated users send their requests to. Here the bare scheduler; chat-target.ts is the whole chat before it.

import type { Clock } from '../../clock.ts'
import type { Job, Owner } from '../../jobs/job.ts'
import type { Limits } from '../../jobs/limits/limits.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'

export interface LoadTarget {
  /** @returns after how many milliseconds it was acknowledged; resolves when everything about it has been said */
  ask(owner: Owner, request: AnimationRequest): Promise<number>
  /** Keeps what was drawn, under this name. */
  keep(blob: string): Promise<void>
  /** Somebody's request has ended. */
  ended(job: Job): void
  /** Resolves when every end has been told. */
  quiet(): Promise<void>
  close(): Promise<void>
}

export interface LoadTargetParts {
  readonly scheduler: Scheduler
  readonly limits: Limits
  readonly clock: Clock
}

export type OpenLoadTarget = (parts: LoadTargetParts) => Promise<LoadTarget>

/** As the chat does it: asks, looks up the position, keeps where the message is; tells the end. */
export const openSchedulerTarget: OpenLoadTarget = async ({ scheduler }) => {
  await scheduler.start()
  const told: Promise<void>[] = []
  return {
    async ask(owner, request) {
      const beganMs = performance.now()
      const { id } = await scheduler.accept({ request, owner, address: { channel: owner.space } })
      const ms = performance.now() - beganMs
      scheduler.standing(id)
      await scheduler.annotate(id, { message: id })
      return ms
    },
    keep: async () => undefined,
    ended: ({ id }) => void told.push(scheduler.told(id)),
    quiet: async () => void (await Promise.all(told)),
    close: () => scheduler.stop(),
  }
}
