// Captions as the UNet reads them: the text encoder's states, once for each. A caption is read as it stands, up to 75 tokens.
// L tokens, 77  D token width

import type { DrawSettings } from '../../draw-settings.ts'
import type { Graph } from '../../onnx/graph.ts'
import { textGraph } from '../../pipeline/graphs.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Session } from '../../runtime/session.ts'
import type { Target } from '../../targets/target.ts'
import { chunks } from '../../text/chunks.ts'

/** How a caption is read. */
export type TextReading = Pick<DrawSettings, 'clipSkip'>

export interface CaptionEncoder extends TextReading {
  readonly target: Target
  load(graph: Graph): Promise<Session>
}

/** The empty caption among them. @returns by caption, [L, D] */
export async function captionContexts(
  model: Model,
  captions: Iterable<string>,
  { target, clipSkip, load }: CaptionEncoder,
): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await load(textGraph(model, target, { prompts: 1, clipSkip }))
  const contexts = new Map<string, Float32Array>()
  try {
    for (const caption of new Set(['', ...captions])) {
      const [chunk] = chunks(model.tokenizer, [{ text: caption, weight: 1 }])
      contexts.set(caption, (await session.run({ ids: chunk!.ids }))['hidden']!)
    }
  } finally {
    await session.release()
  }
  return contexts
}
