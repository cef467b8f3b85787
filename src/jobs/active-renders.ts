// What is being drawn just now. A drawing takes its slot until the drawer has let go of it, also after everybody has
// cancelled; a job that leaves it, or joins it, changes nothing for the others.

import { type Drawing, mark } from './active-render.ts'
import { failed } from './end-reasons.ts'
import type { Job, Outcome } from './job.ts'
import type { Drawer, DrawingProgress } from './renderer.ts'

export interface Drawings extends Iterable<Drawing> {
  readonly size: number
  /** With which this job runs. */
  of(id: string): Drawing | undefined
  /** A request for what is being drawn already is drawn with it. False where nothing of the kind is under way. */
  join(id: string, key: string): boolean
  /** The last one to leave aborts it. */
  leave(id: string, why: string): void
  add(lead: Job, key: string, ids: Iterable<string>, startedMs: number): Drawing
  /** Hands it to the drawer; `concluded` is called when that has let go of it, and it is no longer here. */
  run(drawing: Drawing, concluded: (ending: Ending) => void): void
  /** Resolves when the drawer has let go of all. Nobody waits for them any more. */
  abortAll(why: unknown): Promise<void>
}

export interface Ending {
  readonly outcome: Outcome
  readonly drawMs?: number
}

export interface DrawingsParts {
  readonly drawer: Drawer
  readonly nowMs: () => number
  readonly onProgress: (id: string, progress: DrawingProgress) => void
  readonly onError: (error: unknown, job: Job) => void
}

export function createDrawings({ drawer, nowMs, onProgress, onError }: DrawingsParts): Drawings {
  const all = new Set<Drawing>()

  async function endingOf(drawing: Drawing): Promise<Ending> {
    const { lead, abort } = drawing
    const progressed = (progress: DrawingProgress) => {
      if (!all.has(drawing)) return
      mark(drawing, progress, nowMs())
      for (const id of drawing.ids) onProgress(id, progress)
    }
    try {
      const { result, drawMs } = await drawer.draw(lead, { signal: abort.signal, onProgress: progressed })
      return { outcome: { state: 'done', result }, drawMs }
    } catch (error) {
      const outcome = failed(error, lead)
      if (outcome.reason.code === 'broken' && !abort.signal.aborted) onError(error, lead)
      return { outcome }
    }
  }

  return {
    get size() {
      return all.size
    },
    [Symbol.iterator]: () => all.values(),
    of: (id) => all.values().find(({ ids }) => ids.has(id)),
    join(id, key) {
      const drawing = all.values().find((other) => other.key === key && !other.abort.signal.aborted)
      drawing?.ids.add(id)
      return drawing !== undefined
    },
    leave(id, why) {
      for (const { ids, abort } of all) if (ids.delete(id) && ids.size === 0) abort.abort(new Error(why))
    },
    add(lead, key, ids, startedMs) {
      const drawing = { key, lead, ids: new Set(ids), startedMs, abort: new AbortController(), settled: Promise.resolve() }
      all.add(drawing)
      return drawing
    },
    run(drawing, concluded) {
      drawing.settled = endingOf(drawing)
        .then((ending) => {
          all.delete(drawing)
          concluded(ending)
        })
        .catch((error: unknown) => onError(error, drawing.lead))
    },
    async abortAll(why) {
      const under = [...all]
      for (const { ids, abort } of under) {
        ids.clear()
        abort.abort(why)
      }
      await Promise.all(under.map(({ settled }) => settled))
    },
  }
}
