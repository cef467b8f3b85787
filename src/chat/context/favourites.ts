// Favourites: which animations have a star, by person and by job. Those of a person are listed, those of anybody are not deleted.

import type Keyv from 'keyv'
import { serial } from '../../serial.ts'

export interface Favourites {
  /** Ids of jobs, the latest first. */
  of(person: string): Promise<readonly string[]>
  has(person: string, job: string): Promise<boolean>
  keep(person: string, job: string): Promise<void>
  drop(person: string, job: string): Promise<void>
  /** By anybody. */
  anyoneKeeps(job: string): Promise<boolean>
  /** The job is no longer there. */
  forgetJob(job: string): Promise<void>
  forgetPerson(person: string): Promise<void>
}

export function createFavourites(space: Keyv<string[]>): Favourites {
  const list = async (key: string) => (await space.get(key)) ?? []
  const byPerson = (person: string) => `person:${person}`
  const byJob = (job: string) => `job:${job}`
  /** One change after the other: each reads what the one before has written. */
  const inTurn = serial()

  async function put(key: string, values: readonly string[]): Promise<void> {
    if (values.length > 0) await space.set(key, [...values])
    else await space.delete(key)
  }
  async function remove(key: string, value: string): Promise<void> {
    await put(
      key,
      (await list(key)).filter((other) => other !== value),
    )
  }
  async function add(key: string, value: string): Promise<void> {
    await put(key, [value, ...(await list(key)).filter((other) => other !== value)])
  }

  return {
    of: (person) => list(byPerson(person)),
    has: async (person, job) => (await list(byJob(job))).includes(person),
    anyoneKeeps: async (job) => (await list(byJob(job))).length > 0,
    keep: (person, job) =>
      inTurn(async () => {
        await add(byJob(job), person)
        await add(byPerson(person), job)
      }),
    drop: (person, job) =>
      inTurn(async () => {
        await remove(byPerson(person), job)
        await remove(byJob(job), person)
      }),
    forgetJob: (job) =>
      inTurn(async () => {
        for (const person of await list(byJob(job))) await remove(byPerson(person), job)
        await space.delete(byJob(job))
      }),
    forgetPerson: (person) =>
      inTurn(async () => {
        for (const job of await list(byPerson(person))) await remove(byJob(job), person)
        await space.delete(byPerson(person))
      }),
  }
}
