// A recipe: a request with its style looked up, as a render takes it.

import type { AnimationRequest, ModelFiles } from '../jobs/request.ts'

/** JSON. */
export interface Recipe {
  /** As it was asked; embedded in the file, so that no path of this host leaves it unless the person named it. */
  readonly request: AnimationRequest
  /** Paths of this host; portable-recipe.ts names them by content for another. */
  readonly model: ModelFiles
  /** With the style's words around it. */
  readonly prompt: string
  readonly negative: string
  /** What `request.earlier` names: its file, a path of this host. */
  readonly earlier?: string
  /** What `request.control` names, in its order: files, paths of this host. */
  readonly pictures?: readonly string[]
  /** Multiplies the sides of the frames that were rendered. Absent: small ones are enlarged. */
  readonly scale?: number
}
