// Order runs: what a GPU host does with an order that it has taken: gets the files, takes a device, renders, leaves the animation where the
// bot finds it, and says how far it is.

import { createHash } from 'node:crypto'
import type { LaneName } from '../../../jobs/lane.ts'
import type { RenderProgress } from '../../../jobs/renderer.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import { unlessAborted } from '../../../unless-aborted.ts'
import type { ContentStore } from '../../content-store/content-store.ts'
import { deathIn } from '../../failures/process-died.ts'
import type { Drawn } from '../../render.ts'
import type { Slot, Slots } from '../../slots.ts'
import type { Order, RenderOrder } from '../protocol/messages/order.ts'
import type { RunOutcome } from '../protocol/messages/outcome.ts'
import type { WireProgress } from '../protocol/messages/progress.ts'
import { modelKeysOf } from '../protocol/model-keys.ts'
import { packAnimations } from '../protocol/packed-animations.ts'
import { hostFailure } from './host-failure.ts'
import { type FilesInUse, type HostFiles, MissingFiles } from './host-files.ts'
import type { StepTimes } from './step-times.ts'

export interface HostDevice extends Slot {
  readonly memoryBytes?: number
}

export interface OrderRun {
  readonly abort: AbortController
  readonly lane: LaneName
  device?: { readonly name: string }
}

/** For whoever counts and traces. */
export type HostEvent =
  | { readonly kind: 'taken'; readonly order: Order; readonly device: string }
  | { readonly kind: 'ended'; readonly order: Order; readonly device: string; readonly outcome: RunOutcome }
  | { readonly kind: 'lock-lost'; readonly run: string }

export interface OrderRunsParts {
  readonly store: ContentStore
  readonly files: HostFiles
  readonly slots: Slots<HostDevice>
  readonly stepTimes: StepTimes
  /** Folders that are not to be told. */
  readonly folders: readonly string[]
  /** Resolves when it has been said. */
  readonly say: (progress: Omit<WireProgress, 'host'>) => Promise<void>
  /** Called once the run holds a device: the host announces itself anew. */
  readonly onDevice: () => void
  readonly onEvent: (event: HostEvent) => void
  readonly onError: (error: unknown) => void
}

/** A bot that was away for longer has its jobs made anew. */
export const resultMs = 24 * 3_600_000
/** While Redis or a bucket is away or full, what is done is kept in memory. */
const keepTryingMs = 600_000
/** Of a result that somebody can post anywhere. */
const maxResultBytes = 200 * 2 ** 20

/** @returns what carries an order out, and tells what became of it */
export function createOrderRuns(parts: OrderRunsParts): (order: RenderOrder, run: OrderRun) => Promise<RunOutcome> {
  const { store, files, slots, stepTimes, folders, say, onDevice, onEvent, onError } = parts

  async function carryOut(order: RenderOrder, run: OrderRun): Promise<RunOutcome> {
    const outcome = await outcomeOf(order, run)
    if (run.device) onEvent({ kind: 'ended', order, device: run.device.name, outcome })
    return outcome
  }

  async function outcomeOf(order: RenderOrder, own: OrderRun): Promise<RunOutcome> {
    const { run, recipe } = order
    const { signal } = own.abort
    const model = modelKeysOf(recipe.model)
    let used: FilesInUse | undefined
    let slot: HostDevice | undefined
    try {
      used = await files.use(recipe, signal)
      signal.throwIfAborted()
      slot = slots.take([model.style, model.base])
      // BullMQ hands out as many jobs as there are devices.
      if (!slot) throw new Error('no device is free')
      own.device = slot
      onDevice()
      onEvent({ kind: 'taken', order, device: slot.name })
      return await render(order, used, slot, signal)
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped', run }
      if (error instanceof MissingFiles) {
        onError(error)
        return { kind: 'missing', run, sha256: [...error.sha256], why: error.message }
      }
      const death = deathIn(error)
      if (death) return { kind: 'died', run, ...death }
      const failure = hostFailure(error, used?.names ?? new Map(), folders)
      if (failure.kind === 'bug') onError(error)
      return { kind: 'failed', run, failure }
    } finally {
      if (slot) {
        // Who aborts is answered at once, but the device is busy until its step has ended.
        if (signal.aborted) await slot.pool.device().catch(() => undefined)
        slots.release(slot)
      }
      used?.release()
      // What people have had drawn or have sent does not stay: they may delete it where they are, and nobody tells this host.
      const { earlier, pictures = [] } = recipe
      await Promise.all([...(earlier ? [earlier] : []), ...pictures].map((content) => files.forget(content))).catch(onError)
    }
  }

  async function render(
    order: RenderOrder,
    { recipe }: FilesInUse,
    { pool, name: device }: HostDevice,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { run, kind, previewEveryMs } = order
    if (kind === 'warm') {
      await unlessAborted(pool.warm(recipe), signal)
      return { kind: 'warm', run }
    }
    const show = progressOf(run)
    let began = performance.now()
    const onProgress = (progress: RenderProgress): void => {
      if (progress.stage === 'loading') began = performance.now()
      show(progress)
    }
    const drawn = await pool.render(recipe, { signal, onProgress, ...omitUndefined({ previewEveryMs }) })
    const renderMs = performance.now() - began
    stepTimes.learn({ ...order.recipe.request, model: modelKeysOf(order.recipe.model).base }, drawn.stepMs)
    const animations = await keep(drawn, signal)
    const notes = drawn.notes.map((note) => JSON.parse(JSON.stringify(note)))
    const closing = omitUndefined({ closing: drawn.closing })
    return { kind: 'done', run, ...animations, notes, ...closing, stepMs: [...drawn.stepMs], renderMs, device }
  }

  /** It is done: a store that is away is waited for. */
  async function keep(drawn: Drawn, signal: AbortSignal) {
    const { bytes, about } = packAnimations(drawn)
    if (bytes.length > maxResultBytes) throw new Error(`an animation of ${bytes.length} bytes is more than ${maxResultBytes}`)
    const content = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
    const untilMs = performance.now() + keepTryingMs
    for (;;) {
      try {
        await store.put(
          content,
          async function* () {
            yield bytes
          },
          resultMs,
        )
        return { ...about, animation: { ...about.animation, ...content } }
      } catch (error) {
        signal.throwIfAborted()
        if (performance.now() > untilMs) throw error
        onError(error)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
  }

  /** Steps are few; previews are many bytes, and one that would wait for another is left out. */
  function progressOf(run: string): (progress: RenderProgress) => void {
    let said = 0
    let showing = false
    return ({ preview, ...progress }) => {
      const shown = preview && !showing ? Buffer.from(preview).toString('base64') : undefined
      if (shown !== undefined) showing = true
      say({ run, seq: said++, ...progress, ...omitUndefined({ preview: shown }) })
        .catch(() => undefined)
        .finally(() => {
          if (shown !== undefined) showing = false
        })
    }
  }

  return carryOut
}
