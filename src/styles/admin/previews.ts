// What a style does, shown: its example drawn with it and without, everything else alike.

import type { StylePreview } from '../../chat/contract/style-admin.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import type { Recipe } from '../../render/render.ts'
import { recipeWith } from '../catalog/recipe.ts'
import type { Base, BaseDefaults, PictureFormat, Style, StylePicture } from '../catalog/style.ts'
import type { StylePictures } from '../catalog/style-pictures.ts'
import type { StyleEntry } from '../registry/style-entry.ts'

/** Worker.draw will do. */
export type Draw = (recipe: Recipe, options: { readonly signal: AbortSignal }) => Promise<{ readonly animation: StylePicture }>

export interface PreviewSubject {
  readonly entry: StyleEntry
  readonly style: Style
  readonly base: Base
  /** Of the style. */
  readonly facts: BaseDefaults
  readonly format: PictureFormat
}

export type Preview = (subject: PreviewSubject, signal: AbortSignal) => Promise<StylePreview>

/** Always the same, so that what differs is the style. */
const seed = '1'
/** Of the other side, kept while the process lives: all styles of a base are shown beside the same. */
const maxPlain = 20

export function createPreview(draw: Draw, pictures: StylePictures): Preview {
  const plains = new Map<string, StylePicture>()
  /** Who asks twice waits for the same. */
  const drawing = new Map<string, Promise<StylePreview>>()

  async function drawn(recipe: Recipe, signal: AbortSignal): Promise<StylePicture> {
    const { bytes, format, width, height } = (await draw(recipe, { signal })).animation
    return { bytes, format, width, height }
  }

  async function pair({ entry, style, base, facts, format }: PreviewSubject, signal: AbortSignal): Promise<StylePreview> {
    const request = requestOf(style.example || base.example, facts, format)
    const recipe: Recipe = { request, model: base.files, prompt: request.prompt, negative: request.negative }
    const key = JSON.stringify(recipe)
    const plain = plains.get(key) ?? (await drawn(recipe, signal))
    plains.set(key, plain)
    if (plains.size > maxPlain) plains.delete(plains.keys().next().value!)
    const styled = (await pictures.get(entry, format)) ?? (await drawn(recipeWith(style, request), signal))
    await pictures.keep(entry, format, styled.bytes)
    return { plain, styled }
  }

  return (subject, signal) => {
    const key = JSON.stringify([subject.entry, subject.format])
    const begun = drawing.get(key)
    if (begun) return begun
    const preview = pair(subject, signal).finally(() => drawing.delete(key))
    drawing.set(key, preview)
    return preview
  }
}

function requestOf(prompt: string, facts: BaseDefaults, format: PictureFormat): AnimationRequest {
  const { width, height, frames, fps, steps, guidance, negative, clipSkip } = facts
  return { prompt, negative, width, height, frames, fps, steps, guidance, seed, clipSkip, format }
}
