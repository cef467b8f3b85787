// Active renders: what is being rendered just now. One takes its slot until the renderer has let go of it, also after everybody has
// cancelled; a job that leaves it, or joins it, changes nothing for the others.

import { omitUndefined } from '../../omit-undefined.ts'
import { failed } from '../end-reasons.ts'
import type { Job, Outcome } from '../job.ts'
import type { JobProgress, JobRenderer, MeasuredRender } from '../renderer.ts'
import { type ActiveRender, recordStep } from './active-render.ts'

export interface ActiveRenders extends Iterable<ActiveRender> {
  readonly size: number
  /** With which this job runs. */
  of(id: string): ActiveRender | undefined
  /** A request for what is being rendered already is rendered with it. False where nothing of the kind is under way. */
  join(id: string, key: string): boolean
  /** The last one to leave aborts it. */
  leave(id: string, why: string): void
  /** @param startedMs of the steady clock */
  add(lead: Job, key: string, ids: Iterable<string>, startedMs: number): ActiveRender
  /** It was added and is not run. */
  drop(render: ActiveRender): void
  /** Hands it to the renderer; `concluded` is called when that has let go of it, and it is no longer here. */
  run(render: ActiveRender, concluded: (ending: RenderOutcome) => void): void
  /** Resolves when the renderer has let go of all. Nobody waits for them any more. */
  abortAll(why: unknown): Promise<void>
}

export interface RenderOutcome {
  readonly outcome: Outcome
  readonly measured?: MeasuredRender
}

export interface ActiveRendersParts {
  readonly rendererOf: (job: Job) => Pick<JobRenderer, 'render'>
  readonly steadyMs: () => number
  readonly onProgress: (id: string, progress: JobProgress) => void
  readonly onError: (error: unknown, job: Job) => void
}

export function createActiveRenders({ rendererOf, steadyMs, onProgress, onError }: ActiveRendersParts): ActiveRenders {
  const all = new Set<ActiveRender>()

  async function outcomeOf(render: ActiveRender): Promise<RenderOutcome> {
    const { lead, abort } = render
    const progressed = (progress: JobProgress) => {
      if (!all.has(render)) return
      recordStep(render, progress, steadyMs())
      for (const id of render.ids) onProgress(id, progress)
    }
    try {
      const { result, renderMs, stepsMs } = await rendererOf(lead).render(lead, { signal: abort.signal, onProgress: progressed })
      return { outcome: { state: 'done', result }, measured: omitUndefined({ renderMs, stepsMs }) }
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
      const render = all.values().find((other) => other.key === key && !other.abort.signal.aborted)
      render?.ids.add(id)
      return render !== undefined
    },
    leave(id, why) {
      for (const { ids, abort } of all) if (ids.delete(id) && ids.size === 0) abort.abort(new Error(why))
    },
    add(lead, key, ids, startedMs) {
      const render = { key, lead, ids: new Set(ids), startedMs, abort: new AbortController(), settled: Promise.resolve() }
      all.add(render)
      return render
    },
    drop: (render) => void all.delete(render),
    run(render, concluded) {
      render.settled = outcomeOf(render)
        .then((ending) => {
          all.delete(render)
          concluded(ending)
        })
        .catch((error: unknown) => onError(error, render.lead))
    },
    async abortAll(why) {
      const active = [...all]
      for (const { ids, abort } of active) {
        ids.clear()
        abort.abort(why)
      }
      await Promise.all(active.map(({ settled }) => settled))
    },
  }
}
