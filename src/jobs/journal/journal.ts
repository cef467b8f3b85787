// A journal (the queue of record): every job that was accepted, what became of it, and whether that was told. What stands
// here survives the process; the queue in memory is made from it at each start. An end is written once: SQL sees to it.

import type { SQLInputValue } from 'node:sqlite'
import { openDatabase } from '../../store/database.ts'
import type { Json } from '../../store/json.ts'
import type { Deficit, DeficitChange } from '../fair-queue/deficit-record.ts'
import { type End, hasEnded, type Job, type Owner } from '../job.ts'
import { blobsOf, gridBlobOf } from '../result-details.ts'
import type { JobPage } from './job-page.ts'
import { jobOf, jsonOf, textOf } from './journal-rows.ts'
import { applicationId, migrations } from './journal-schema.ts'
import { createVisibleJobs } from './visible-jobs.ts'

export interface Journal {
  add(job: Job): void
  /** All of them or none. `kept` and `deficits` are written with them. Throws where one has ended already, or is unknown. */
  change(jobs: readonly Job[], kept?: JournalValue, deficits?: readonly DeficitChange[]): void
  find(id: string): Job | undefined
  /** Waiting and running ones, in the order in which they were accepted. */
  live(): readonly Job[]
  /** Ended ones of which nobody was told, in the order in which they ended. */
  untold(): readonly Job[]
  /** Nothing where the job is unknown. Throws where it has not ended. */
  told(id: string): void
  /** Nothing where the job is unknown. */
  annotate(id: string, note: Json): void
  noteOf(id: string): Json | undefined
  /** Of this person, this space, this platform, or everybody; newest first. */
  list(who: Partial<Owner>, page: JobPageQuery): JobPage
  /** Newest end first. */
  ended(query: EndedQuery): JobPage
  /** Ended ones of one platform that are more than is kept: the oldest of each person, and of all together. */
  beyond(quota: KeptQuota): readonly Job[]
  /** @returns blobs that no job has any more; duplicates share theirs. Passes over ends that were not told. */
  forget(ids: readonly string[]): readonly string[]
  /** Whether any job has this blob as its result, or as one of several. */
  holds(blob: string): boolean
  kept(name: string): Json | undefined
  /** Turns and credit of who waits, as the queue has told them. */
  deficits(): readonly Deficit[]
  /** Resolves when everything written so far survives a power cut. */
  durable(): Promise<void>
  close(): void
}

/** What must outlive the process besides jobs. */
export interface JournalValue {
  readonly name: string
  readonly value: Json
}

export interface JobPageQuery {
  readonly from: number
  readonly limit: number
  /** Only those of whose prompt this is true. */
  readonly prompt?: (prompt: string) => boolean
}

export interface EndedQuery {
  readonly where?: Partial<Owner>
  readonly state?: End
  /** Of what is done, only what this person of that platform and space may see: an address that says `private` is shown to its person alone. */
  readonly visibleTo?: Owner
  /** With `visibleTo`: only those whose prompt or style has all of these words, whatever their case. */
  readonly search?: string
  /** Only those that ended before. */
  readonly beforeMs?: number
  readonly from: number
  readonly limit: number
}

/** How much of what has ended is kept of one platform. */
export interface KeptQuota {
  readonly platform: string
  readonly person: { readonly jobs: number; readonly bytes: number }
  readonly all: { readonly jobs: number; readonly bytes: number }
}

/**
 * @param path of a file that only one process may have open; ':memory:' for one that dies with the process
 * @throws UserError database-unreachable, database-locked, database-damaged, database-foreign, database-newer
 */
export function openJournal(path: string): Journal {
  const { sql, transaction, durable, erase, close } = openDatabase({ path, name: 'journal', applicationId, migrations, alone: true })

  const insert = sql.prepare(
    `INSERT INTO jobs (id, platform, space, person, request, address, priority, cost, state, accepted_ms, attempts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = sql.prepare(
    `UPDATE jobs SET state = ?, started_ms = ?, ended_ms = ?, attempts = ?, reason = ?, result = ?, blob = ?
     WHERE id = ? AND ended_ms IS NULL`,
  )
  const byId = sql.prepare('SELECT * FROM jobs WHERE id = ?')
  const liveOnes = sql.prepare('SELECT * FROM jobs WHERE told = 0 AND ended_ms IS NULL ORDER BY seq')
  const untoldOnes = sql.prepare('SELECT * FROM jobs WHERE told = 0 AND ended_ms IS NOT NULL ORDER BY ended_ms, seq')
  const tell = sql.prepare('UPDATE jobs SET told = 1 WHERE id = ? AND ended_ms IS NOT NULL')
  const setNote = sql.prepare('UPDATE jobs SET note = ? WHERE id = ?')
  const getNote = sql.prepare('SELECT note FROM jobs WHERE id = ?')
  const remove = sql.prepare('DELETE FROM jobs WHERE id = ? AND told = 1 RETURNING *')
  const withBlob = sql.prepare('SELECT 1 FROM jobs WHERE blob = ? LIMIT 1')
  const setKept = sql.prepare('INSERT INTO kept (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const setDeficit = sql.prepare('INSERT OR REPLACE INTO deficits (in_group, member, round, credit, seat) VALUES (?, ?, ?, ?, ?)')
  const removeDeficit = sql.prepare('DELETE FROM deficits WHERE in_group = ? AND member = ?')
  const getDeficits = sql.prepare('SELECT in_group, member, round, credit, seat FROM deficits')
  const getKept = sql.prepare('SELECT value FROM kept WHERE name = ?')
  const visible = createVisibleJobs(sql)

  function page(
    condition: string,
    values: readonly SQLInputValue[],
    order: string,
    { from, limit }: Omit<JobPageQuery, 'prompt'>,
  ): JobPage {
    const rows = sql.prepare(`SELECT * FROM jobs WHERE ${condition} ORDER BY ${order} LIMIT ? OFFSET ?`)
    const count = sql.prepare(`SELECT count(*) AS n FROM jobs WHERE ${condition}`).get(...values)!['n']
    // -1: no limit.
    return { jobs: rows.all(...values, Number.isFinite(limit) ? limit : -1, from).map(jobOf), total: Number(count) }
  }

  const beyondQuota = sql.prepare(
    `WITH kept AS (
       SELECT seq, person, ended_ms, coalesce(json_extract(result, '$.details.bytes'), 0)
         + coalesce((SELECT sum(value ->> '$.bytes') FROM json_each(result, '$.details.cells')), 0) AS bytes
       FROM jobs WHERE platform = :platform AND ended_ms IS NOT NULL
     ), summed AS (
       SELECT seq,
         row_number() OVER own AS own_jobs, sum(bytes) OVER own AS own_bytes,
         row_number() OVER everybody AS all_jobs, sum(bytes) OVER everybody AS all_bytes
       FROM kept
       WINDOW own AS (PARTITION BY person ORDER BY ended_ms DESC, seq DESC), everybody AS (ORDER BY ended_ms DESC, seq DESC)
     )
     SELECT * FROM jobs WHERE seq IN (
       SELECT seq FROM summed WHERE own_jobs > :personJobs OR own_bytes > :personBytes OR all_jobs > :allJobs OR all_bytes > :allBytes
     ) ORDER BY seq`,
  )

  return {
    add({ id, owner, request, address, priority, cost, state, acceptedMs, attempts }) {
      const { platform, space, person } = owner
      const [asked, from] = [JSON.stringify(request), JSON.stringify(address)]
      insert.run(id, platform, space, person, asked, from, priority, cost, state, acceptedMs, attempts)
    },
    change(jobs, kept, deficits = []) {
      transaction(() => {
        for (const job of jobs) {
          const { state, startedMs, endedMs, attempts, reason, result, id } = job
          if (hasEnded(job) !== (endedMs !== undefined)) throw new Error(`job ${id} is ${state}, but ended at ${endedMs}`)
          const [why, what] = [textOf(reason), textOf(result)]
          const { changes } = update.run(state, startedMs ?? null, endedMs ?? null, attempts, why, what, result?.blob ?? null, id)
          if (changes !== 1) throw new Error(`job ${id} is unknown or has ended, and cannot become ${state}`)
        }
        if (kept) setKept.run(kept.name, JSON.stringify(kept.value))
        for (const { group, member, state } of deficits) {
          if (state) setDeficit.run(group, member, state.round, state.credit, state.seat)
          else removeDeficit.run(group, member)
        }
      })
    },
    find(id) {
      const row = byId.get(id)
      return row && jobOf(row)
    },
    live: () => liveOnes.all().map(jobOf),
    untold: () => untoldOnes.all().map(jobOf),
    told(id) {
      if (tell.run(id).changes === 0 && byId.get(id)) throw new Error(`job ${id} has not ended, so nobody can have been told`)
    },
    annotate: (id, note) => void setNote.run(JSON.stringify(note), id),
    noteOf: (id) => jsonOf<Json>(getNote.get(id)?.['note']),
    list(who, { from, limit, prompt }) {
      const { condition, values } = conditionOf(who)
      if (!prompt) return page(condition, values, 'seq DESC', { from, limit })
      // One that is not wanted is read no further.
      const prompts = sql.prepare(`SELECT id, request ->> '$.prompt' AS prompt FROM jobs WHERE ${condition} ORDER BY seq DESC`)
      const ids: string[] = []
      for (const row of prompts.iterate(...values)) if (prompt(String(row['prompt']))) ids.push(String(row['id']))
      return { jobs: ids.slice(from, from + limit).map((id) => jobOf(byId.get(id)!)), total: ids.length }
    },
    ended({ where = {}, state, visibleTo, search, beforeMs = Number.MAX_VALUE, from, limit }) {
      if (visibleTo && search?.trim()) return visible.search(visibleTo, { from, limit, search: search.trim() })
      if (visibleTo) return visible.list(visibleTo, { from, limit })
      const { condition, values } = conditionOf({ ...where, state })
      return page(`${condition} AND ended_ms < ?`, [...values, beforeMs], 'ended_ms DESC, seq DESC', { from, limit })
    },
    beyond({ platform, person, all }) {
      const values = { platform, personJobs: person.jobs, personBytes: person.bytes, allJobs: all.jobs, allBytes: all.bytes }
      return beyondQuota.all(values).map(jobOf)
    },
    forget(ids) {
      erase()
      return transaction(() => {
        const left = new Set<string>()
        for (const id of ids) {
          const row = remove.get(id)
          const { result } = row ? jobOf(row) : {}
          if (result) for (const blob of blobsOf(result)) left.add(blob)
        }
        return [...left].filter((blob) => !withBlob.get(gridBlobOf(blob)))
      })
    },
    holds: (blob) => withBlob.get(gridBlobOf(blob)) !== undefined,
    kept: (name) => jsonOf<Json>(getKept.get(name)?.['value']),
    deficits: () =>
      getDeficits.all().map((row) => ({
        group: String(row['in_group']),
        member: String(row['member']),
        round: Number(row['round']),
        credit: Number(row['credit']),
        seat: Number(row['seat']),
      })),
    durable,
    close,
  }
}

/** Names of columns that are equal to what is given; those that are not given may be anything. */
function conditionOf(given: Partial<Owner> & { readonly state?: End | undefined }): {
  readonly condition: string
  readonly values: readonly string[]
} {
  const pairs = (['platform', 'space', 'person', 'state'] as const).flatMap((name) =>
    given[name] === undefined ? [] : [{ name, value: given[name] }],
  )
  return { condition: pairs.map(({ name }) => `${name} = ?`).join(' AND ') || 'TRUE', values: pairs.map(({ value }) => value) }
}
