// Retries for the message of a job: each failed call is counted and logged with the job.

import type { Clock } from '../../../clock.ts'
import type { Job } from '../../../jobs/job.ts'
import type { Log } from '../../../log.ts'
import type { Platform } from '../../contract/platform.ts'
import type { Observer } from '../../observer.ts'
import { type RetryOptions, retry } from './retry.ts'

/** @throws as retry does */
export type JobRetry = <T>(
  message: { readonly job: Job; readonly platform: Platform },
  options: Pick<RetryOptions, 'giveUpAfterMs' | 'signal'>,
  call: () => Promise<T>,
) => Promise<T>

export interface JobRetryParts {
  readonly clock: Clock
  readonly log: Log
  readonly observer: Observer
}

export function createJobRetry({ clock, log, observer }: JobRetryParts): JobRetry {
  return ({ job, platform }, options, call) => {
    const onTrouble = (err: unknown, retryInMs: number) => {
      observer.callFailed(platform.name, err)
      log.warn({ job: job.id, platform: platform.name, err, retryInMs }, 'the platform could not be reached')
    }
    return retry(call, { ...options, clock, onTrouble })
  }
}
