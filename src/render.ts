// From a recipe to an animation: the one place where engine and media meet. Used by the worker and by the command line.

import type { AnimationRequest, ModelFiles } from './jobs/request.ts'

/** A request with its style looked up: what is drawn, with which files of this host. JSON. */
export interface Recipe {
  /** As it was asked; embedded in the file, so that no path of this host leaves it unless the person named it. */
  readonly request: AnimationRequest
  readonly model: ModelFiles
  /** With the style's words around it. */
  readonly prompt: string
  readonly negative: string
}
