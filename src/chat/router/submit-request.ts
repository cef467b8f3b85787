// Submission of a request: what a command wants drawn becomes a job, or is refused before it waits.

import { UserError } from '../../errors.ts'
import type { Job } from '../../jobs/job.ts'
import type { Limits } from '../../jobs/limits/limits.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Json } from '../../store/json.ts'
import type { CommandContext } from '../contract/command-context.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { AnimationReply } from '../contract/reply.ts'
import type { ReplyTarget } from '../delivery/reply-target.ts'
import { channelRefusal, checkPermissions, checkRequest, isAllowedIn } from '../input/request-rules.ts'
import type { LiveCount } from './live-count.ts'

export interface SubmissionParts {
  readonly scheduler: Pick<Scheduler, 'accept'>
  readonly live: Pick<LiveCount, 'of'>
  /** Where a place has not decided otherwise. */
  readonly limits: Limits
  readonly log: Log
}

/** @throws UserError of everything that keeps a request out of the queue */
export type SubmitRequest = (reply: AnimationReply, context: CommandContext, incoming: Incoming) => Promise<Job>

export function createSubmission({ scheduler, live, limits, log }: SubmissionParts): SubmitRequest {
  return async (reply, context, incoming) => {
    const { owner, asker, channel, name, address, channelLocale } = incoming
    const settings = await context.settings.get()
    if (!isAllowedIn(channel, settings)) {
      const called = await context.namesOf(settings.channels)
      throw channelRefusal(settings.channels.flatMap((id) => called.get(id) ?? []))
    }
    checkPermissions(channel)
    const { request, stripped, forced } = checkRequest(reply.request, channel, settings)
    const own = live.of(owner)
    if (own >= settings.maxJobs && !request.training) {
      const sentence = `You have ${own} requests waiting or being drawn, and ${settings.maxJobs} are the most here.`
      throw new UserError('too-many-of-yours', sentence, { count: own, max: settings.maxJobs })
    }
    const { mention } = await context.defaults.get()
    const to: ReplyTarget = {
      at: address,
      name,
      locale: reply.private ? incoming.locale : (channelLocale ?? incoming.locale),
      private: reply.private,
      maxBytes: context.maxBytes,
      stripped,
      forced,
      parent: reply.parent,
      ...(mention && { mention }),
    }
    const ask = {
      request,
      owner,
      address: JSON.parse(JSON.stringify(to)) as Json,
      priority: asker.roles.some((role) => settings.priorityRoles.includes(role)) ? 2 : 1,
    }
    const person = { ...limits.person, waiting: Math.min(settings.maxJobs, limits.person.waiting ?? settings.maxJobs) }
    const job = await scheduler.accept(ask, { limits: { ...limits, person } })
    log.info({ request: incoming.id, job: job.id, platform: owner.platform, cost: job.cost }, 'accepted')
    log.debug({ job: job.id, prompt: request.prompt, style: request.style, seed: request.seed }, 'asked')
    return job
  }
}
