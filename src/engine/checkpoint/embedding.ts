// A textual inversion in a file: one tensor of vectors under whatever name its trainer gave it, and the word for it where the file has one.

import type { Tensor, TensorFile } from './tensor/tensor.ts'

export interface Embedding {
  readonly vectors: number
  readonly width: number
  /** The word in the file, where the file has one; else its name stands for it. */
  readonly word?: string
}

/** Names of the tensor that are no words: A1111's and kohya's, OneTrainer's, ComfyUI's, and what programs call a tensor. */
const namesWithoutWord =
  /^(string_to_param\..*|emb_params|emp_params|clip_l|text_encoders_0|\*|<\*>|embeddings?|embeds?|learned_embeds?|vectors?|params?|tensor|data|weights?|token_embeddings?|ti)$/i

/** OneTrainer's vectors that are added behind the text encoder: not used here. */
const behindEncoder = /^(emp_params_out|emb_params_out|clip_l_out)$/

/** The embedding of a file that is one, its tensor, and what of it is not used; `undefined` where it is none. */
export function embeddingIn(
  file: TensorFile,
): { readonly embedding: Embedding; readonly tensor: Tensor; readonly unused: readonly string[] } | undefined {
  const unused = [...file.tensors.keys()].filter((name) => behindEncoder.test(name))
  const others = [...file.tensors.values()].filter(({ name }) => !behindEncoder.test(name))
  const candidates = others.filter(isVectors)
  const [tensor] = candidates
  if (!tensor || candidates.length !== 1) return undefined
  const { name } = tensor
  const nameless = namesWithoutWord.test(name)
  // Beside vectors of a known name may stand what their program counts with.
  const known = /^(string_to_param\.|em[bp]_params$)/.test(name)
  if (!known && (others.length > 1 || /\.(weight|bias)$/.test(name))) return undefined
  const word = nameless ? file.metadata.get('name') : name
  return { embedding: { ...sidesOf(tensor), ...(word === undefined ? {} : { word }) }, tensor, unused }
}

/** [n, D], or [D] for one, or [1, n, D]; of floats. */
export const isVectors = ({ shape, dtype }: Tensor): boolean =>
  (shape.length === 1 || shape.length === 2 || (shape.length === 3 && shape[0] === 1)) && /^B?F/.test(dtype)

export const sidesOf = ({ shape }: Tensor): { vectors: number; width: number } => ({
  vectors: shape.length === 1 ? 1 : shape.at(-2)!,
  width: shape.at(-1)!,
})
