// An observer: what happened, for whoever counts: metrics in the bot, nobody in most tests.

import type { Job } from '../jobs/job.ts'

export interface Observer {
  /** Something that a person did got its response after so long; 'ignored': it came twice, in a storm, or on a message of others. */
  answered(platform: string, command: string, outcome: 'done' | 'refused' | 'broken' | 'ignored', ms: number): void
  accepted(platform: string): void
  /** The end of a request has been shown. @param nowMs since 1970 */
  ended(job: Job, nowMs: number): void
  edited(platform: string): void
  /** A call to the platform failed. */
  callFailed(platform: string, error: unknown): void
}

export const noObserver: Observer = {
  answered: () => undefined,
  accepted: () => undefined,
  ended: () => undefined,
  edited: () => undefined,
  callFailed: () => undefined,
}
