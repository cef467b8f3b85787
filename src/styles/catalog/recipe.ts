// Looks up the style of a request, for its recipe: the files that draw it, and the style's words around the prompt.

import { optionalSettingsIn } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import type { AnimationRequest, ModelFiles } from '../../jobs/request.ts'
import type { Recipe } from '../../render/recipe.ts'
import { withNegative, withPromptWords } from './prompt-words.ts'
import type { Style, StyleCatalog } from './style.ts'
import { type InstalledLoras, withTaggedLoras } from './tagged-loras.ts'

/**
 * @param base draws where the request names neither style nor files
 * @param installed LoRAs that a prompt may name, besides styles
 * @throws UserError `style-gone` where the style was removed or quarantined after it was asked for
 */
export async function recipeFor(
  request: AnimationRequest,
  styles: Pick<StyleCatalog, 'get'>,
  base: ModelFiles,
  installed: InstalledLoras = new Map(),
): Promise<Recipe> {
  const recipe = await untagged(request, styles, base)
  return { ...recipe, ...(await withTaggedLoras(recipe, styles, installed, request.style)) }
}

async function untagged(request: AnimationRequest, styles: Pick<StyleCatalog, 'get'>, base: ModelFiles): Promise<Recipe> {
  if (request.style === undefined) {
    return { request, model: request.model ?? base, prompt: request.prompt, negative: request.negative }
  }
  const style = await styles.get(request.style)
  if (style) return recipeWith(style, request)
  throw new UserError('style-gone', `The style '${request.style}' is no longer there.`, { name: request.style })
}

export function recipeWith(style: Style, request: AnimationRequest): Recipe {
  return {
    request: { ...optionalSettingsIn(style), ...request },
    model: style.model,
    prompt: withPromptWords(request.prompt, style),
    negative: withNegative(request.negative, style),
  }
}
