// Submission of a request: what a command wants drawn becomes a job, or is refused before it waits.

import { UserError } from '../../errors.ts'
import type { Ask, Job } from '../../jobs/job.ts'
import type { Limits } from '../../jobs/limits/limits.ts'
import { cellBlobOf, type ResultDetails } from '../../jobs/result-details.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Json } from '../../store/json.ts'
import type { Blobs } from '../../store/store.ts'
import type { CommandContext } from '../contract/command-context.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { AnimationReply } from '../contract/reply.ts'
import type { ReplyTarget } from '../delivery/reply-target.ts'
import { channelRefusal, checkPermissions, checkRequest, isAllowedIn } from '../input/request-rules.ts'
import type { LiveCount } from './live-count.ts'

export interface SubmissionParts {
  readonly scheduler: Pick<Scheduler, 'accept' | 'find' | 'record'>
  readonly blobs: Pick<Blobs, 'get' | 'put'>
  readonly live: Pick<LiveCount, 'of'>
  /** Where a place has not decided otherwise. */
  readonly limits: Limits
  readonly log: Log
}

/** @throws UserError of everything that keeps a request out of the queue */
export type SubmitRequest = (reply: AnimationReply, context: CommandContext, incoming: Incoming) => Promise<Job>

interface KeptCell {
  readonly bytes: Uint8Array
  readonly details: ResultDetails
}

export function createSubmission({ scheduler, blobs, live, limits, log }: SubmissionParts): SubmitRequest {
  /** Undefined where it must be drawn: nothing was picked, it is no longer there, or it is more than this place takes. */
  async function keptCell({ parent, pick }: AnimationReply, maxBytes: number): Promise<KeptCell | undefined> {
    const result = parent === undefined || pick === undefined ? undefined : scheduler.find(parent)?.result
    const details = result?.details?.cells?.[(pick ?? 0) - 1]
    if (!result || !details || details.bytes > maxBytes) return undefined
    const bytes = await blobs.get(cellBlobOf(result.blob, pick! - 1))
    return bytes && { bytes, details }
  }

  async function record(ask: Ask, { bytes, details }: KeptCell, request: string): Promise<Job> {
    const job = await scheduler.record(ask, async (id) => {
      const blob = `${id}.${details.format}`
      await blobs.put(blob, bytes)
      return { blob, details }
    })
    log.info({ request, job: job.id, platform: ask.owner.platform }, 'picked')
    return job
  }

  return async (reply, context, incoming) => {
    const { owner, asker, channel, name, address, channelLocale } = incoming
    const settings = await context.settings.get()
    if (!isAllowedIn(channel, settings)) {
      const called = await context.namesOf(settings.channels)
      throw channelRefusal(settings.channels.flatMap((id) => called.get(id) ?? []))
    }
    checkPermissions(channel)
    const cell = await keptCell(reply, context.maxBytes)
    const own = live.of(owner)
    if (!cell && !reply.request.training && own >= settings.maxJobs) {
      const sentence = `You have ${own} requests waiting or being drawn, and ${settings.maxJobs} are the most here.`
      throw new UserError('too-many-of-yours', sentence, { count: own, max: settings.maxJobs })
    }
    const { request, stripped, forced } = checkRequest(reply.request, channel, settings)
    const { mention } = await context.defaults.get()
    const to: ReplyTarget = {
      at: address,
      name,
      locale: reply.private ? incoming.locale : (channelLocale ?? incoming.locale),
      private: reply.private,
      ...(channel.direct && { direct: true }),
      ownLocale: incoming.locale,
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
    if (cell) return record(ask, cell, incoming.id)
    const person = { ...limits.person, waiting: Math.min(settings.maxJobs, limits.person.waiting ?? settings.maxJobs) }
    const job = await scheduler.accept(ask, { limits: { ...limits, person } })
    log.info({ request: incoming.id, job: job.id, platform: owner.platform, cost: job.cost }, 'accepted')
    log.debug({ job: job.id, prompt: request.prompt, style: request.style, seed: request.seed }, 'asked')
    return job
  }
}
