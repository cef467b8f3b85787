// A renderer: from a recipe to an animation, the one place where engine and media meet. Runs in whatever process holds the device.

import type { Closing } from '../clip.ts'
import { clipSettingsIn, drawSettingsIn, nthSeed } from '../draw-settings.ts'
import type { Note } from '../engine/index.ts'
import type { Engine, EngineInput, EngineProgress } from '../engine/run.ts'
import type { RenderProgress } from '../jobs/renderer.ts'
import type { AnimationRequest, ModelFiles } from '../jobs/request.ts'
import { type Animation, checkEncoding, encode } from '../media/animation.ts'
import { grid, gridSides } from '../media/pixels/grid.ts'
import { previewWebp } from '../media/preview.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { controlPictures } from './frames/control-pictures.ts'
import { earlierFrames } from './frames/earlier-frames.ts'
import type { FrameCache } from './frames/frame-cache.ts'
import { createFrameSpool, type FrameSpool } from './frames/frame-spool.ts'
import type { Recipe } from './recipe.ts'

export interface Drawn {
  readonly animation: Animation
  /** For the person: what was lowered to fit, what the model does not know. */
  readonly notes: readonly Note[]
  /** Absent for stills. */
  readonly closing?: Closing
  /** Of several side by side, each alone. */
  readonly cells?: readonly DrawnCell[]
  /** Milliseconds of each denoising step, for estimates. */
  readonly stepMs: readonly number[]
  /** Milliseconds of it all without loading, where whoever rendered has measured it. */
  readonly renderMs?: number
}

export interface DrawnCell {
  readonly animation: Animation
  /** What was lowered to fit. */
  readonly note?: Note
  readonly closing?: Closing
}

export interface Renderer {
  /** @throws UserError of what cannot be rendered or encoded; the signal's reason where aborted, between two steps */
  render(recipe: Recipe, options?: RenderOptions): AsyncGenerator<RenderProgress, Drawn>
  /** Loads what the recipe needs and renders nothing. */
  warm(recipe: Recipe): Promise<void>
  close(): Promise<void>
}

export interface RenderOptions {
  readonly signal?: AbortSignal
  /** Absent: no previews. */
  readonly previewEveryMs?: number
}

export interface RendererOptions {
  readonly engine: Engine
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  /** What the model does not know of a prompt; said with the animation. */
  readonly remark: (model: ModelFiles, prompt: string) => Note | undefined
  /** Where the frames of what is drawn are kept; absent: they are not. */
  readonly frameCache?: FrameCache
  /** Path of an ffmpeg; searched for where absent. */
  readonly ffmpeg?: string
}

export function createRenderer({ engine, now, remark, frameCache, ffmpeg }: RendererOptions): Renderer {
  return {
    async *render(recipe, options) {
      const spools = Array.from({ length: recipe.request.count ?? 1 }, () => createFrameSpool())
      try {
        return yield* renderWith(recipe, spools, options)
      } finally {
        for (const spool of spools) spool.close()
      }
    },

    warm: (recipe) => engine.warm(engineInputOf(recipe)),
    close: () => engine.close(),
  }

  /** @param spools one for each of those that the request asks for */
  async function* renderWith(
    recipe: Recipe,
    spools: readonly FrameSpool[],
    { signal, previewEveryMs }: RenderOptions = {},
  ): AsyncGenerator<RenderProgress, Drawn> {
    const { request } = recipe
    const count = spools.length
    const previewOf = createPreviews(recipe, previewEveryMs, now)
    const stepMs: number[] = []
    const encoding = {
      format: request.format,
      fps: request.fps,
      scale: recipe.scale ?? enlargement(request),
      ...omitUndefined({ ffmpeg }),
    }
    await checkEncoding(gridSides(count, request), encoding)
    const earlier = await earlierFrames(recipe, omitUndefined({ frameCache, ffmpeg }))
    const control = await controlPictures(recipe, omitUndefined({ ffmpeg }))
    let notes: readonly Note[] = []
    const closings: (Closing | undefined)[] = []
    for (const [n, spool] of spools.entries()) {
      const run = engine.stream({ ...engineInputOf(recipe, n), ...earlier.input, ...(control && { control }) }, signal)
      let began = now()
      let next = await run.next()
      for (; !next.done; next = await run.next()) {
        const { stage, step, of, frames } = next.value
        if (frames) {
          spool.add(frames)
          continue
        }
        if (stage === 'denoising') stepMs.push(now() - began)
        // Of several, only the first is loaded for and only the last is waited for.
        const told = stage === 'denoising' || (stage === 'loading' ? n === 0 : n === count - 1)
        const steps = stage === 'loading' ? { step, of } : { step: n * of + step, of: count * of }
        if (told) yield omitUndefined({ stage, ...steps, preview: await previewOf(next.value) })
        began = now()
      }
      notes = next.value.notes
      closings.push(next.value.closing)
    }
    const of = stepMs.length
    yield { stage: 'encoding', step: of, of }
    const options = { ...encoding, ...omitUndefined({ maxBytes: request.maxBytes, signal }) }
    const sources = spools.map((spool) => spool.source())
    const animation = await encode(grid(sources), { ...options, settings: request })
    // Several side by side are no clip that could go on; each of them is.
    if (count === 1) frameCache?.keep(animation.bytes, sources[0]!)
    const cells: DrawnCell[] = []
    if (count > 1) {
      for (const [n, source] of sources.entries()) {
        const alone = await encode(source, { ...options, settings: requestOfCell(request, n) })
        frameCache?.keep(alone.bytes, source)
        cells.push({ animation: alone, ...omitUndefined({ note: alone.reduced?.note, closing: closings[n] }) })
      }
    }
    const all = [remark(recipe.model, request.prompt), ...earlier.notes, ...notes, animation.reduced?.note]
    return {
      animation,
      notes: all.filter((note) => note !== undefined),
      stepMs,
      ...omitUndefined({ closing: closings.at(-1) }),
      ...(count > 1 && { cells }),
    }
  }
}

/** What draws one of several alone. */
export function requestOfCell({ count: _, ...request }: AnimationRequest, n: number): AnimationRequest {
  return { ...request, seed: nthSeed(request.seed, n) }
}

/** @param n of those that a request asks for, from 0 */
function engineInputOf({ request, model, prompt, negative }: Recipe, n = 0): EngineInput {
  return { model, prompt, negative, ...drawSettingsIn(request), clip: clipSettingsIn(request), seed: BigInt(nthSeed(request.seed, n)) }
}

/** A stamp of 64 or 128 pixels becomes 256, which people can see; what is large enough stays as it was rendered. */
export function enlargement({ width, height }: Pick<AnimationRequest, 'width' | 'height'>): number {
  return Math.min(4, Math.max(1, Math.round(256 / Math.min(width, height))))
}

/** Sides of a preview, at most: it is sent again and again. */
const previewSide = 128

function createPreviews(
  { request }: Recipe,
  everyMs: number | undefined,
  now: () => number,
): (progress: EngineProgress) => Promise<Uint8Array | undefined> {
  let last = -Infinity
  return async ({ stage, step, of, preview }) => {
    // The last step's preview would be overtaken by the animation itself.
    if (everyMs === undefined || !preview || stage !== 'denoising' || step === of || now() - last < everyMs) return undefined
    last = now()
    const frames = await preview()
    return previewWebp(frames, { fps: request.fps, scale: Math.max(1, Math.floor(previewSide / Math.max(frames.width, frames.height))) })
  }
}
