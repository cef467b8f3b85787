// From a recipe to an animation: the one place where engine and media meet. Used by the worker and by the command line.

import type { Note } from '../engine/index.ts'
import type { Engine, EngineInput, EngineProgress } from '../engine/run.ts'
import type { AnimationRequest, ModelFiles } from '../jobs/request.ts'
import { type Animation, encode } from '../media/animation.ts'
import { previewWebp } from '../media/preview.ts'
import type { Recipe } from '../styles/catalog/recipe.ts'

export type { Recipe } from '../styles/catalog/recipe.ts'

export interface DrawProgress {
  readonly stage: 'loading' | 'denoising' | 'decoding' | 'encoding'
  /** Steps that are done, of all. */
  readonly step: number
  readonly of: number
  /** A small looping WebP. */
  readonly preview?: Uint8Array
}

export interface Drawn {
  readonly animation: Animation
  /** For the person: what was lowered to fit, what the model does not know. */
  readonly notes: readonly Note[]
  /** Milliseconds of each denoising step, for estimates. */
  readonly stepMs: readonly number[]
}

export interface Renderer {
  /** @throws UserError of what cannot be drawn or encoded; the signal's reason where aborted, between two steps */
  render(recipe: Recipe, options?: RenderOptions): AsyncGenerator<DrawProgress, Drawn>
  /** Loads what the recipe needs and draws nothing. */
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
  /** Path of an ffmpeg; searched for where absent. */
  readonly ffmpeg?: string
}

export function createRenderer({ engine, now, remark, ffmpeg }: RendererOptions): Renderer {
  return {
    async *render(recipe, { signal, previewEveryMs } = {}) {
      const { request } = recipe
      const preview = createPreviews(recipe, previewEveryMs, now)
      const stepMs: number[] = []
      const drawing = engine.draw(drawingOf(recipe), signal)
      let began = now()
      let turn = await drawing.next()
      for (; !turn.done; turn = await drawing.next()) {
        const { stage, step, of } = turn.value
        if (stage === 'denoising') stepMs.push(now() - began)
        const picture = await preview(turn.value)
        yield { stage, step, of, ...(picture && { preview: picture }) }
        began = now()
      }
      const { frames, notes } = turn.value
      const of = stepMs.length
      yield { stage: 'encoding', step: of, of }
      const animation = await encode(frames, {
        format: request.format,
        fps: request.fps,
        scale: recipe.scale ?? enlargement(request),
        settings: request,
        ...(request.maxBytes !== undefined && { maxBytes: request.maxBytes }),
        ...(ffmpeg !== undefined && { ffmpeg }),
      })
      const said = [remark(recipe.model, recipe.prompt), ...notes, animation.reduced?.note]
      return { animation, notes: said.filter((note) => note !== undefined), stepMs }
    },

    warm: (recipe) => engine.warm(drawingOf(recipe)),
    close: () => engine.close(),
  }
}

function drawingOf({ request, model, prompt, negative }: Recipe): EngineInput {
  const { width, height, frames, steps, guidance, seed, sampler, spacing, betas, clipSkip } = request
  return {
    model,
    prompt,
    negative,
    width,
    height,
    frames,
    steps,
    guidance,
    seed: BigInt(seed),
    clipSkip,
    ...(sampler !== undefined && { sampler }),
    ...(spacing !== undefined && { spacing }),
    ...(betas !== undefined && { betas }),
  }
}

/** A stamp of 64 pixels becomes 256, which people can see; what is large enough stays as it was drawn. */
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
