// A page of jobs: some of those that were asked for, and how many there are in all.

import type { Job } from '../job.ts'

export interface JobPage {
  readonly jobs: readonly Job[]
  readonly total: number
}
