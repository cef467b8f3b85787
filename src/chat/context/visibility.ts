// Visibility of jobs: who may see one, keep it, end it or delete it. The one place that decides it, for commands and for the page.

import { type Job, type Owner, personOf, spaceOf } from '../../jobs/job.ts'
import type { Circumstances } from '../contract/incoming.ts'
import { replyTargetOf } from '../delivery/reply-target.ts'

export interface Visibility {
  isOwn(job: Job): boolean
  /** The animation, its words and what draws it again: the own ones, and those that are shown to everybody where the person is. */
  maySee(job: Job): boolean
  /** Put a star on it: what one sees. */
  mayKeep(job: Job): boolean
  /** Cancel it or delete it: the own ones; admins all that are where they are, also what is private, without seeing it. */
  mayEnd(job: Job): boolean
  readonly queue: QueueVisibility
}

/** A queue shows more: whoever runs the machine sees what it draws. */
export interface QueueVisibility {
  /** Of which jobs it tells: of those where the person is; operators are told of every platform's. */
  readonly scope: Partial<Owner>
  maySeeWords(job: Job): boolean
}

/** @param viewer the person, where they are and what the platform says of them */
export function visibilityFor({ owner, asker }: Pick<Circumstances, 'asker' | 'owner'>): Visibility {
  const isOwn = (job: Job) => personOf(job.owner) === personOf(owner)
  const isHere = (job: Job) => spaceOf(job.owner) === spaceOf(owner)
  const maySee = (job: Job) => isOwn(job) || (isHere(job) && !isPrivate(job))
  const mayEnd = (job: Job) => isOwn(job) || (asker.admin && isHere(job))
  return {
    isOwn,
    maySee,
    mayKeep: maySee,
    mayEnd,
    queue: {
      scope: asker.operator ? {} : { platform: owner.platform, space: owner.space },
      maySeeWords: (job) => maySee(job) || asker.operator,
    },
  }
}

/** Only its owner may see it: so it was asked for, or it was said to the bot alone. The journal's `private` says the same. */
function isPrivate(job: Job): boolean {
  const target = replyTargetOf(job)
  return target.private || target.direct === true
}
