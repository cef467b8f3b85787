// Request rules: what must hold before a request waits in the queue: the channel, what the bot may do there, and the words. Pure.

import { UserError } from '../../errors.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import type { Channel } from '../contract/incoming.ts'
import type { Settings } from '../contract/settings.ts'
import { checkWords, foundIn } from './blocked-words.ts'

export interface CheckedRequest {
  readonly request: AnimationRequest
  readonly stripped: readonly string[]
  readonly forced: readonly string[]
}

/** Whether the admins let the bot draw there: in the channel itself, or in one that it stands in. */
export function isAllowedIn({ id, within = [], direct }: Channel, { channels }: Pick<Settings, 'channels'>): boolean {
  return direct || channels.length === 0 || [id, ...within].some((one) => channels.includes(one))
}

/** @param names of the channels in which it draws, as far as the person may know them */
export function channelRefusal(names: readonly string[]): UserError {
  if (names.length === 0) return new UserError('channel-not-allowed-here', 'Nothing is drawn in this channel.')
  const channels = names.join(', ')
  return new UserError('channel-not-allowed', `Nothing is drawn in this channel, but in these: ${channels}.`, { channels })
}

/** @throws UserError permissions-missing */
export function checkPermissions({ missing }: Channel): void {
  if (missing.length > 0) {
    const names = missing.join(', ')
    throw new UserError('permissions-missing', `I lack permissions here: ${names}. An admin can grant them.`, { missing: names })
  }
}

/** @throws UserError over-limit, blocked-words, nothing-left, age-restricted */
export function checkRequest(request: AnimationRequest, channel: Channel, settings: Settings): CheckedRequest {
  checkSize(request, settings)
  const { blocked, restricted } = settings
  const { prompt, negative, stripped, forced, texts } = checkWords(request, blocked)
  const adult = channel.ageRestricted ? [] : foundIn(texts, restricted)
  if (adult.length > 0) {
    const words = adult.join(', ')
    throw new UserError('age-restricted', `These words are for age-restricted channels only: ${words}.`, { words })
  }
  return { request: { ...request, prompt, negative }, stripped, forced }
}

/** What is drawn again may be from before the limits were lowered. */
function checkSize({ frames, steps, width, height }: AnimationRequest, { maxFrames, maxSteps, maxPixels }: Settings): void {
  const limits = [
    ['frames', frames, maxFrames],
    ['steps', steps, maxSteps],
    ['width × height', width * height, maxPixels],
  ] as const
  for (const [name, value, max] of limits) {
    if (value > max) throw new UserError('over-limit', `${name} may be at most ${max} here, and is ${value}.`, { name, max, value })
  }
}
