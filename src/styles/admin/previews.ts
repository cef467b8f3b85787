// Before-and-after previews of a style: its example drawn with it and without, everything else alike.

import type { ModelSummary } from '../../chat/contract/command-context.ts'
import type { StylePreview } from '../../chat/contract/style-admin.ts'
import { requiredSettingsIn } from '../../draw-settings.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import type { Recipe } from '../../render/recipe.ts'
import { serial } from '../../serial.ts'
import { type BaseModel, installedBase } from '../catalog/base-models.ts'
import { recipeWith } from '../catalog/recipe.ts'
import { resolveStyle } from '../catalog/resolve-style.ts'
import type { PictureFormat, Style, StyleCatalog, StylePicture } from '../catalog/style.ts'
import type { StylePictures } from '../catalog/style-pictures.ts'
import type { StyleEntry, StyleFile } from '../registry/style-entry.ts'

/** The render pool's will do. */
export type Draw = (recipe: Recipe, options: { readonly signal: AbortSignal }) => Promise<{ readonly animation: StylePicture }>

export interface PreviewsParts {
  readonly draw: Draw
  readonly pictures: StylePictures
  readonly catalog: Pick<StyleCatalog, 'model'>
  readonly bases: readonly BaseModel[]
  readonly pathOf: (file: StyleFile) => string
  /** How long a person waits for a preview. */
  readonly patienceMs: number
  /** Then a preview is given up that nobody waits for. */
  readonly previewMs: number
}

/**
 * `undefined` where a person would have to wait too long: it goes on, and the next one who asks finds it.
 * @throws UserError `style-base-missing`
 */
export type Preview = (entry: StyleEntry, format: PictureFormat) => Promise<StylePreview | undefined>

/** Always the same, so that what differs is the style. */
const seed = '1'
/** Of the other side, kept while the process lives: all styles of a base are shown beside the same. */
const maxPlain = 20

export function createPreview({ draw, pictures, catalog, bases, pathOf, patienceMs, previewMs }: PreviewsParts): Preview {
  const plains = new Map<string, StylePicture>()
  /** They are drawn beside the queue: one at a time takes little from those who wait in it. */
  const oneByOne = serial()
  /** Who asks twice waits for the same. */
  const underWay = new Map<string, Promise<StylePreview>>()

  async function drawn(recipe: Recipe, signal: AbortSignal): Promise<StylePicture> {
    const { bytes, format, width, height } = (await draw(recipe, { signal })).animation
    return { bytes, format, width, height }
  }

  async function drawBoth({ entry, base, style, defaults, format }: PreviewSubject): Promise<StylePreview> {
    const signal = AbortSignal.timeout(previewMs)
    const request = requestOf(style.example || base.example, defaults, format)
    const recipe: Recipe = { request, model: base.files, prompt: request.prompt, negative: request.negative }
    const key = JSON.stringify(recipe)
    const plain = plains.get(key) ?? (await drawn(recipe, signal))
    plains.set(key, plain)
    if (plains.size > maxPlain) plains.delete(plains.keys().next().value!)
    const styled = (await pictures.get(entry, format)) ?? (await drawn(recipeWith(style, request), signal))
    await pictures.keep(entry, format, styled.bytes)
    return { plain, styled }
  }

  return async (entry, format) => {
    const base = installedBase(entry, bases)
    const style = resolveStyle(entry, bases, pathOf)!
    const defaults = await catalog.model(entry.name)
    const key = JSON.stringify([entry, format])
    const draw = () => drawBoth({ entry, base, style, defaults, format })
    const preview = underWay.get(key) ?? oneByOne(draw).finally(() => underWay.delete(key))
    underWay.set(key, preview)
    return withinPatience(preview, patienceMs)
  }
}

interface PreviewSubject {
  readonly entry: StyleEntry
  readonly base: BaseModel
  readonly style: Style
  readonly defaults: ModelSummary
  readonly format: PictureFormat
}

function requestOf(prompt: string, defaults: ModelSummary, format: PictureFormat): AnimationRequest {
  return { ...requiredSettingsIn(defaults), prompt, negative: defaults.negative, seed, format }
}

async function withinPatience(preview: Promise<StylePreview>, patienceMs: number): Promise<StylePreview | undefined> {
  let timer: NodeJS.Timeout | undefined
  const waited = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs)
  })
  preview.catch(() => undefined)
  return Promise.race([preview, waited]).finally(() => clearTimeout(timer))
}
