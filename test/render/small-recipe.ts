// A small recipe: two frames in three steps, with the model that ships.

import type { AnimationRequest } from '../../src/jobs/request.ts'
import { pocket } from '../../src/paths.ts'
import type { Recipe } from '../../src/render/recipe.ts'

export function smallRecipe(change: Partial<AnimationRequest> = {}): Recipe {
  const request: AnimationRequest = {
    prompt: 'a red ball bouncing in a meadow',
    negative: '',
    width: 64,
    height: 64,
    frames: 2,
    fps: 10,
    steps: 3,
    guidance: 4,
    seed: '7',
    clipSkip: 1,
    format: 'webp',
    ...change,
  }
  return { request, model: { checkpoint: pocket, loras: [] }, prompt: request.prompt, negative: request.negative }
}
