// A portable training: what is to be trained, with every file named by its content instead of by a path of this host.

import type { TrainingRequest } from '../../trainer/training-request.ts'
import type { FileContent } from '../file-contents.ts'

/** JSON. */
export interface PortableTraining extends Omit<TrainingRequest, 'data' | 'model' | 'world'> {
  /** A folder. */
  readonly data: FileContent
  readonly model: TrainedModelOf<FileContent>
}

/** The files of what is trained on, named in one way or another. */
export interface TrainedModelOf<File> {
  readonly checkpoint: File
  readonly motion?: File
  readonly vae?: File
}

/** @param contentOf of a path of this host */
export async function toPortableTraining(
  { data, model, world: _world, ...rest }: TrainingRequest,
  contentOf: (path: string) => Promise<FileContent>,
): Promise<PortableTraining> {
  return { ...rest, data: await contentOf(data), model: await withFiles(model, contentOf) }
}

/** @param pathOf where this host has the same content; rejects where it has not */
export async function toLocalTraining(
  { data, model, ...rest }: PortableTraining,
  pathOf: (content: FileContent) => Promise<string>,
): Promise<TrainingRequest> {
  return { ...rest, data: await pathOf(data), model: await withFiles(model, pathOf) }
}

/** A folder is one. */
export function contentsOfTraining({ data, model }: Pick<PortableTraining, 'data' | 'model'>): readonly FileContent[] {
  return [model.checkpoint, model.motion, model.vae, data].filter((content) => content !== undefined)
}

async function withFiles<From, To>(
  { checkpoint, motion, vae }: TrainedModelOf<From>,
  named: (file: From) => Promise<To>,
): Promise<TrainedModelOf<To>> {
  return {
    checkpoint: await named(checkpoint),
    ...(motion !== undefined && { motion: await named(motion) }),
    ...(vae !== undefined && { vae: await named(vae) }),
  }
}
