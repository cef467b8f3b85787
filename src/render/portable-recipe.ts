// A portable recipe: names every file by its content instead of by a path of this host, so that it can be rendered on
// any host that has the same files, wherever they lie there.

import { UserError } from '../errors.ts'
import type { LoraFile } from '../jobs/request.ts'
import type { FileContent } from './file-contents.ts'
import { earlierGone } from './frames/earlier-errors.ts'
import type { Recipe } from './recipe.ts'

/** JSON. */
export interface PortableRecipe extends Omit<Recipe, 'model' | 'earlier' | 'pictures'> {
  readonly model: ModelOf<FileContent>
  readonly earlier?: FileContent
  readonly pictures?: readonly FileContent[]
}

/** The files of a model, named in one way or another. */
export interface ModelOf<File> {
  readonly checkpoint: File
  readonly motion?: File
  readonly vae?: File
  readonly control?: File
  readonly loras: readonly (Omit<LoraFile, 'file'> & { readonly file: File })[]
  readonly embeddings?: readonly { readonly file: File; readonly word: string }[]
}

/** The request goes as it was asked. @param contentOf of a path of this host */
export async function toPortable(recipe: Recipe, contentOf: (path: string) => Promise<FileContent>): Promise<PortableRecipe> {
  return withNames(recipe, (path) => (path === recipe.earlier ? earlierContent(recipe, contentOf) : contentOf(path)))
}

/** @throws UserError `given-gone` where it was deleted after it was found */
async function earlierContent({ earlier, request }: Recipe, contentOf: (path: string) => Promise<FileContent>): Promise<FileContent> {
  return contentOf(earlier!).catch((error: unknown) => {
    if (error instanceof UserError && error.code === 'file-not-found') throw earlierGone(request.earlier?.blob ?? '')
    throw error
  })
}

/** @param pathOf where this host has the same content; rejects where it has not */
export async function toLocal(recipe: PortableRecipe, pathOf: (content: FileContent) => Promise<string>): Promise<Recipe> {
  return withNames(recipe, pathOf)
}

interface Named<File> extends Omit<Recipe, 'model' | 'earlier' | 'pictures'> {
  readonly model: ModelOf<File>
  readonly earlier?: File
  readonly pictures?: readonly File[]
}

async function withNames<From, To>(
  { earlier, pictures, model, ...rest }: Named<From>,
  named: (file: From) => Promise<To>,
): Promise<Named<To>> {
  return {
    ...rest,
    model: await withFiles(model, named),
    ...(earlier !== undefined && { earlier: await named(earlier) }),
    ...(pictures && { pictures: await Promise.all(pictures.map(named)) }),
  }
}

async function withFiles<From, To>(model: ModelOf<From>, named: (file: From) => Promise<To>): Promise<ModelOf<To>> {
  const { checkpoint, motion, vae, control, loras, embeddings } = model
  return {
    checkpoint: await named(checkpoint),
    ...(motion !== undefined && { motion: await named(motion) }),
    ...(vae !== undefined && { vae: await named(vae) }),
    ...(control !== undefined && { control: await named(control) }),
    loras: await Promise.all(loras.map(async (lora) => ({ ...lora, file: await named(lora.file) }))),
    ...(embeddings && { embeddings: await Promise.all(embeddings.map(async ({ file, word }) => ({ file: await named(file), word }))) }),
  }
}
