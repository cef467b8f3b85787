// A remote run that renders, or loads what rendering needs.

import { omitUndefined } from '../../../../omit-undefined.ts'
import type { ContentDigest } from '../../../content-store/content-store.ts'
import type { FileContent, FileContents } from '../../../file-contents.ts'
import type { PoolRenderOptions } from '../../../pool.ts'
import { type PortableRecipe, toPortable } from '../../../portable-recipe.ts'
import type { Recipe } from '../../../recipe.ts'
import type { RenderOrder } from '../../protocol/messages/order.ts'
import type { WireProgress } from '../../protocol/messages/progress.ts'
import { contentsOf, modelKeysOf } from '../../protocol/model-keys.ts'
import { type LocalContent, localContents } from '../file-sender.ts'
import type { HostNeeds } from '../hosts/pick-host.ts'
import { newRun, type RemoteRun } from './remote-run.ts'

export interface RemoteRunParts {
  readonly contents: FileContents
  /** Of the largest content that can be sent to a host. */
  readonly maxSentBytes: number
  /** Milliseconds of any steady clock. */
  readonly now: () => number
}

export async function renderRun(
  kind: RenderOrder['kind'],
  recipe: Recipe,
  { id, previewEveryMs, onProgress, traceparent }: PoolRenderOptions,
  parts: RemoteRunParts,
): Promise<RemoteRun> {
  const files: LocalContent[] = []
  const portable = await toPortable(recipe, async (path) => {
    const content = await parts.contents.of(path)
    files.push(...localContents(content, path))
    return content
  })
  return newRun({
    ...omitUndefined({ id }),
    order: async () => ({ kind, recipe: portable, ...omitUndefined({ previewEveryMs, traceparent }) }),
    needs: renderNeeds(portable, parts.maxSentBytes),
    files,
    nowMs: parts.now(),
    onProgress: (progress) => onProgress?.(shownOf(progress)),
  })
}

export function renderNeeds({ request, model }: Pick<PortableRecipe, 'request' | 'model'>, maxSentBytes: number): HostNeeds {
  return { lane: 'drawing', request, model: modelKeysOf(model), contents: singleContents(contentsOf(model)), maxSentBytes }
}

/** A folder need not be there as one. */
export function singleContents(named: readonly FileContent[]): readonly ContentDigest[] {
  return named.flatMap((content): readonly ContentDigest[] => content.files ?? [content])
}

function shownOf({ stage, step, of, loading, preview }: WireProgress) {
  if (stage === 'training') throw new Error('what renders tells of no training')
  return { stage, step, of, ...omitUndefined({ loading }), ...(preview !== undefined && { preview: Buffer.from(preview, 'base64') }) }
}
