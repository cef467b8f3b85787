// Visible jobs: what is done and a person may see, newest end first. Two indexes answer it: what everybody there sees, and what is shown to
// its person alone.

import type { DatabaseSync } from 'node:sqlite'
import type { Owner } from '../job.ts'
import type { JobPage } from './job-page.ts'
import { jobOf } from './journal-rows.ts'

export interface VisibleJobs {
  list(to: Owner, page: { readonly from: number; readonly limit: number }): JobPage
  /** Only those whose prompt or style has all of these words, whatever their case. */
  search(to: Owner, page: { readonly from: number; readonly limit: number; readonly search: string }): JobPage
}

/** What is older is found by turning pages. */
const mostSearched = 5000

export function createVisibleJobs(sql: DatabaseSync): VisibleJobs {
  const shown = "FROM jobs WHERE platform = :platform AND space = :space AND state = 'done' AND private = 0"
  const hidden = "FROM jobs WHERE platform = :platform AND space = :space AND person = :person AND state = 'done' AND private <> 0"
  const both = shown.replace('private = 0', '(private = 0 OR person = :person)')
  const page = sql.prepare(
    `SELECT * FROM jobs WHERE seq IN (
       SELECT seq FROM (SELECT ended_ms, seq ${shown} UNION ALL SELECT ended_ms, seq ${hidden} ORDER BY ended_ms DESC, seq DESC LIMIT :limit OFFSET :from)
     ) ORDER BY ended_ms DESC, seq DESC`,
  )
  const countShown = sql.prepare(`SELECT count(*) AS n ${shown}`)
  const countHidden = sql.prepare(`SELECT count(*) AS n ${hidden}`)
  const wordsOf = sql.prepare(
    `SELECT id, request ->> '$.prompt' || ' ' || coalesce(request ->> '$.style', '') AS words ${both} ORDER BY ended_ms DESC, seq DESC LIMIT ${mostSearched}`,
  )
  const byId = sql.prepare('SELECT * FROM jobs WHERE id = ?')

  return {
    list({ platform, space, person }, { from, limit }) {
      const jobs = page.all({ platform, space, person, from, limit }).map(jobOf)
      const total = Number(countShown.get({ platform, space })!['n']) + Number(countHidden.get({ platform, space, person })!['n'])
      return { jobs, total }
    },
    /** Looks at the newest that this person may see, one by one on this thread: SQLite's own LIKE knows the case of English letters alone. */
    search({ platform, space, person }, { from, limit, search }) {
      const wanted = search.toLowerCase().split(/\s+/)
      const ids: string[] = []
      for (const row of wordsOf.iterate({ platform, space, person })) {
        const words = String(row['words']).toLowerCase()
        if (wanted.every((word) => words.includes(word))) ids.push(String(row['id']))
      }
      return { jobs: ids.slice(from, from + limit).map((id) => jobOf(byId.get(id)!)), total: ids.length }
    },
  }
}
