// A job renderer for jobs that teach a style: has it trained, puts it among the styles, and draws its example. Interrupted at any moment, the
// same job goes on where it was.

import { existsSync } from 'node:fs'
import type { Job } from '../../jobs/job.ts'
import { type JobRenderer, type RenderResult, SchedulerStops } from '../../jobs/renderer.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import { traceparentOf } from '../../jobs/trace-context.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { RenderPool } from '../pool.ts'
import type { TrainerChoice, TrainingToRun } from './trainer.ts'
import { type StyleToLearn, trainingRecipe } from './training-recipe.ts'

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
  readonly trainer: TrainerChoice
  readonly steps?: number
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  readonly onTrouble: (error: unknown) => void
}

export function createStyleTrainer(parts: StyleTrainerParts): JobRenderer {
  const { styles, drawings, trainer, now, onTrouble } = parts

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
    capacity: trainer.capacity,
    onCapacity: trainer.onCapacity,
    async check({ training }) {
      await trainer.check(trainingRecipe(styles.find(training!.id), parts.steps))
    },
    render: (job, options) => taught(job, job.request.training!.id, options),
  }
}

/** The job comes again. */
const stops = (signal: AbortSignal): boolean => signal.reason instanceof SchedulerStops

async function learn(parts: StyleTrainerParts, job: Job, id: string, options: Parameters<JobRenderer['render']>[1]): Promise<void> {
  const { styles, trainer, now } = parts
  const { signal, onProgress } = options
  const { out, ...style } = styles.find(id)
  const previews = createPreviews(parts, job.request, out, style, (preview) => show({ preview }))
  let shown = { step: 0, of: 0 }
  let pausing = false
  let shownMs = Number.NEGATIVE_INFINITY
  function show(more: { readonly preview?: Uint8Array } = {}): void {
    shownMs = now()
    if (!signal.aborted) onProgress({ stage: 'training', ...shown, ...(pausing && { pausing }), ...more })
  }
  const training: TrainingToRun = {
    ...{ id: job.id, request: trainingRecipe(style, parts.steps), out, begunBefore: job.attempts > 1 },
    ...omitUndefined({ traceparent: traceparentOf(job.id) }),
  }
  try {
    await trainer.train(training, {
      signal,
      onStep({ kind, step, of }) {
        shown = { step, of }
        if (now() - shownMs >= leastBetweenShownMs) show()
        if (kind === 'saved' && step < of && !pausing) previews.begin()
      },
      onPausing(change) {
        if (pausing === change) return
        pausing = change
        if (shown.of > 0) show()
      },
      preview: previews,
    })
  } finally {
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
    // From then on what is drawn is for others: the pool no longer counts it before its promise has settled.
    abandon() {
      abort?.abort()
      abort = undefined
    },
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
