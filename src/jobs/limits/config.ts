// Configuration of the limits: the environment variables that say how many requests may wait and run, of one person, of one server and in all.

import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, whole } from '../../environment.ts'
import type { Limits, Rate } from './limits.ts'
import { usualLimits } from './usual-limits.ts'

const rate = z.string().transform((text, ctx): Rate => {
  const match = /^(\d{1,6})\/(\d{1,5})(s|m|h)$/.exec(text)
  const jobs = Number(match?.[1])
  const units = { s: 1000, m: 60_000, h: 3_600_000 } as const
  if (match && jobs > 0 && Number(match[2]) > 0) return { jobs, perMs: Number(match[2]) * units[match[3] as keyof typeof units] }
  ctx.addIssue('a number of requests in a time, such as 6/10m')
  return z.NEVER
})

const { person, space, all } = usualLimits

export const limitVariables = {
  PERSON_WAITING: { about: 'Requests of one person that may wait', usual: String(person.waiting), schema: whole(1, 10_000) },
  PERSON_RUNNING: { about: 'Requests of one person that are drawn at once', usual: String(person.running), schema: whole(1, 1000) },
  PERSON_RATE: { about: 'Requests of one person in a time; every 32 frames count as one', usual: rateText(person.rate), schema: rate },
  SPACE_WAITING: { about: 'Requests of one server that may wait', usual: String(space.waiting), schema: whole(1, 100_000) },
  SPACE_RATE: { about: 'Requests of one server in a time; every 32 frames count as one', usual: rateText(space.rate), schema: rate },
  ALL_WAITING: { about: 'Requests that may wait in all', usual: String(all.waiting), schema: whole(1, 1_000_000) },
} as const satisfies EnvironmentVariables

export function limitsConfig(values: EnvironmentValues<typeof limitVariables>): Limits {
  const { PERSON_WAITING, PERSON_RUNNING, PERSON_RATE, SPACE_WAITING, SPACE_RATE, ALL_WAITING } = values
  return {
    person: { waiting: PERSON_WAITING, running: PERSON_RUNNING, rate: PERSON_RATE },
    space: { ...space, waiting: SPACE_WAITING, rate: SPACE_RATE },
    all: { ...all, waiting: ALL_WAITING },
  }
}

function rateText(limit: Rate | undefined): string {
  return limit ? `${limit.jobs}/${limit.perMs / 60_000}m` : ''
}
