// Said words (an LRU cache of sets): which words each person has been told that the small model does not know. Nobody is told twice, though
// the message that tells it may be shown again.

import type { Note } from '../../errors.ts'
import { type Job, personOf } from '../../jobs/job.ts'
import { createLruCache } from '../../lru-cache.ts'

export interface SaidWords {
  /** Without those notes that tell this person nothing new. */
  notesFor(job: Job, notes: readonly Note[]): readonly Note[]
}

const mostPeople = 10_000

export function createSaidWords(): SaidWords {
  /** By word, the job that it was first said with. */
  const said = createLruCache<Map<string, string>>(mostPeople)

  return {
    notesFor(job, notes) {
      return notes.filter(({ code, data }) => {
        if (!code.startsWith('small-world')) return true
        const words = Array.isArray(data['unknown']) && data['unknown'].length > 0 ? data['unknown'].map(String) : [code]
        const before = said.get(personOf(job.owner), () => new Map())
        const isNew = words.some((word) => (before.get(word) ?? job.id) === job.id)
        for (const word of words) if (!before.has(word)) before.set(word, job.id)
        return isNew
      })
    },
  }
}
