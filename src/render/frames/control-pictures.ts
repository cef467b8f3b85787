// Control pictures: what a recipe's SparseCtrl is shown, decoded to the size of the clip, cut at the centre.

import type { EngineInput } from '../../engine/run.ts'
import { decodeFrames, joinFrames } from '../../media/decode.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Recipe } from '../recipe.ts'

/** Of a film or a loop the first frame. @throws UserError `not-decodable`, and those of ffmpeg */
export async function controlPictures(
  { request, pictures: files = [] }: Recipe,
  options: { readonly ffmpeg?: string } = {},
): Promise<EngineInput['control']> {
  if (!request.control || files.length === 0) return undefined
  const { width, height } = request
  const { pictures, strength } = request.control
  const decoded = []
  for (const file of files) decoded.push(await decodeFrames(file, { width, height, maxFrames: 1, ...options }))
  return { pictures: joinFrames(decoded), at: pictures.map(({ frame }) => frame), ...omitUndefined({ strength }) }
}
