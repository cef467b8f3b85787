// A job renderer for jobs that teach a style: trains it in a process of its own, which waits while anything is drawn on this machine, puts it
// among the styles, and draws its example. One at a time. Interrupted at any moment, the same job goes on where it was.

import { existsSync } from 'node:fs'
import { UserError } from '../../errors.ts'
import { fixedCapacity } from '../../jobs/capacity.ts'
import type { Job } from '../../jobs/job.ts'
import { type JobRenderer, type RenderResult, SchedulerStops } from '../../jobs/renderer.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import { isOutOfMemory, outOfMemory } from '../out-of-memory.ts'
import type { RenderPool } from '../pool.ts'
import type { PoolActivity } from './pool-activity.ts'
import { runTrainingProcess, TrainingDied } from './training-process.ts'
import { type StyleToLearn, type TrainingPlace, trainingRecipe } from './training-recipe.ts'

/** What of the styles it takes. */
export interface TrainableStyles {
  /** @throws UserError `training-gone` */
  find(id: string): TrainableStyle
  /**
   * Puts what was learned among the styles; once for each id, however often it is asked for.
   * @returns what takes it away again
   * @throws UserError those of adding a file
   */
  register(id: string): Promise<() => Promise<void>>
}

export interface TrainableStyle extends StyleToLearn {
  /** Where what is learned goes. */
  readonly out: string
}

export interface StyleTrainerParts {
  readonly styles: TrainableStyles
  /** Draws previews while it learns. */
  readonly pool: Pick<RenderPool, 'render'>
  /** Draws the example of what was learned. */
  readonly drawings: Pick<JobRenderer, 'render'>
  /** Of the machine that trains; absent: nothing is drawn on it. */
  readonly activity?: PoolActivity
  readonly place: TrainingPlace
  readonly steps?: number
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  readonly onTrouble: (error: unknown) => void
  readonly onStart?: (pid: number) => void
}

/** How often a process is begun that dies. */
const attempts = 2

export function createStyleTrainer(parts: StyleTrainerParts): JobRenderer {
  const { styles, drawings, now, onTrouble } = parts

  async function taught(job: Job, id: string, options: Parameters<JobRenderer['render']>[1]): Promise<RenderResult> {
    const began = now()
    await learn(parts, job, id, options)
    options.signal.throwIfAborted()
    const withdraw = await styles.register(id)
    const { training: _training, ...request } = job.request
    try {
      const { result } = await drawings.render({ ...job, request }, options)
      return { result, renderMs: now() - began }
    } catch (error) {
      // What cannot be drawn is no style, nor is what nobody wants any more.
      if (!stops(options.signal)) await withdraw().catch(onTrouble)
      throw error
    }
  }

  return {
    ...fixedCapacity(1),
    async check({ training }) {
      styles.find(training!.id)
    },
    render: (job, options) => taught(job, job.request.training!.id, options),
  }
}

/** The job comes again. */
const stops = (signal: AbortSignal): boolean => signal.reason instanceof SchedulerStops

async function learn(parts: StyleTrainerParts, job: Job, id: string, options: Parameters<JobRenderer['render']>[1]): Promise<void> {
  const { styles, activity, place, now, onStart } = parts
  const { signal, onProgress } = options
  const { out, ...style } = styles.find(id)
  const request = trainingRecipe(style, parts.steps)
  // What is cancelled is killed; what goes on after a start of the bot keeps its state first.
  const [cancelling, stopping] = [new AbortController(), new AbortController()]
  const abort = (): void => (stops(signal) ? stopping : cancelling).abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const previews = createPreviews(parts, job.request, out, style, (preview) => show({ preview }))
  let shown = { step: 0, of: 0 }
  let pausing = false
  let shownMs = Number.NEGATIVE_INFINITY
  function show(more: { readonly preview?: Uint8Array } = {}): void {
    shownMs = now()
    if (!signal.aborted) onProgress({ stage: 'training', ...shown, ...(pausing && { pausing }), ...more })
  }
  const process = () =>
    runTrainingProcess(
      { request, out, ...place },
      {
        signal: cancelling.signal,
        stopping: stopping.signal,
        onStep({ kind, step, of }) {
          shown = { step, of }
          if (now() - shownMs >= leastBetweenShownMs) show()
          if (kind === 'saved' && step < of && !pausing) previews.begin()
        },
        onPause: (change) =>
          activity?.onCount((count) => {
            change(count > 0)
            // Its own preview is the first to give way.
            const others = count - Number(previews.drawing())
            if (others > 0) previews.abandon()
            if (pausing === others > 0) return
            pausing = others > 0
            if (shown.of > 0) show()
          }) ?? (() => undefined),
        ...(onStart && { onStart }),
      },
    )
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await process()
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (!(error instanceof TrainingDied)) throw error
        parts.onTrouble(error)
        if (attempt < attempts) continue
        if (isOutOfMemory(error.said)) throw outOfMemory(error.said)
        throw new UserError('trainer-died', 'The process that learns ended twice on this, perhaps for want of memory.')
      }
    }
  } finally {
    signal.removeEventListener('abort', abort)
    await previews.settled()
  }
}

interface TrainingPreviews {
  /** Unless one is being drawn or the last is young. */
  begin(): void
  drawing(): boolean
  /** The one that is being drawn. */
  abandon(): void
  settled(): Promise<void>
}

/** What the weights draw so far; a preview that fails is none. */
function createPreviews(
  { pool, now, onTrouble }: StyleTrainerParts,
  { training: _training, style: _style, ...request }: AnimationRequest,
  out: string,
  { base, word }: StyleToLearn,
  show: (preview: Uint8Array) => void,
): TrainingPreviews {
  let nextMs = now() + leastBetweenMs
  let underWay: Promise<void> | undefined
  /** There before the pool tells that something is drawn. */
  let abort: AbortController | undefined

  async function draw(signal: AbortSignal): Promise<void> {
    const model = { ...base, loras: [...base.loras, { file: out, strength: 1 }] }
    const prompt = `${word}, ${request.prompt}`
    const webp = { ...request, format: 'webp' as const, maxBytes: maxPreviewBytes }
    const { animation } = await pool.render({ request: webp, model, prompt, negative: request.negative, scale: 1 }, { signal })
    show(animation.bytes)
  }

  return {
    begin() {
      if (underWay || now() < nextMs || !existsSync(out)) return
      const began = now()
      abort = new AbortController()
      const { signal } = abort
      underWay = draw(signal)
        .catch((error: unknown) => {
          if (!signal.aborted) onTrouble(error)
        })
        .finally(() => {
          nextMs = now() + Math.max(leastBetweenMs, previewShare * (now() - began))
          underWay = undefined
          abort = undefined
        })
    },
    drawing: () => abort !== undefined,
    abandon: () => abort?.abort(),
    async settled() {
      abort?.abort()
      await underWay
    },
  }
}

/** A message that is changed for an hour is not changed at every step. */
const leastBetweenShownMs = 3000

/** Between two previews; and so many times as long as one takes, for nothing is learned meanwhile. */
const leastBetweenMs = 15_000
const previewShare = 20

/** It is sent again and again. */
const maxPreviewBytes = 300_000
