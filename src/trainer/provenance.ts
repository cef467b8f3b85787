// What trained weights say of their making, in the file's header: in kohya-ss/sd-scripts' words (train_network.py), which other programs show.

import { basename } from 'node:path'
import type { DatasetEntry } from './dataset.ts'
import type { TrainingRequest } from './training-request.ts'

export interface Making {
  readonly request: TrainingRequest
  readonly entries: readonly DatasetEntry[]
  /** Of the base model's files. */
  readonly baseDigest: string
  /** Of the trained file, without its ending. */
  readonly outputName: string
  readonly stepsDone: number
  /** Of this program. */
  readonly version: string
}

export function provenanceOf({ request, entries, baseDigest, outputName, stepsDone, version }: Making): ReadonlyMap<string, string> {
  const { width, height, batch, steps, average } = request
  return new Map(
    Object.entries({
      ss_output_name: outputName,
      ss_sd_model_name: basename(request.model.checkpoint),
      ss_new_sd_model_hash: baseDigest,
      ss_dataset: basename(request.data),
      ss_num_train_images: String(entries.length),
      ss_resolution: `(${width}, ${height})`,
      ss_steps: String(stepsDone),
      ss_max_train_steps: String(steps),
      ss_total_batch_size: String(batch),
      ss_optimizer: 'AdamW',
      ss_learning_rate: String(request.learningRate),
      ss_lr_scheduler: request.schedule,
      ss_lr_warmup_steps: String(request.warmup),
      ss_max_grad_norm: String(request.clip),
      ss_seed: request.seed,
      ss_caption_dropout_rate: String(request.emptyCaptions),
      ...(request.offsetNoise > 0 && { ss_noise_offset: String(request.offsetNoise) }),
      ...(request.minTimestep !== undefined && { ss_min_timestep: String(request.minTimestep) }),
      ...(request.maxTimestep !== undefined && { ss_max_timestep: String(request.maxTimestep) }),
      ...(request.weighting === 'min-snr' && { ss_min_snr_gamma: '5.0' }),
      ...(request.frames > 1 && { ss_frames: String(request.frames), ss_frame_stride: String(request.stride) }),
      ...(average !== undefined && { ss_ema_decay: String(average) }),
      ss_tag_frequency: JSON.stringify({ [basename(request.data)]: tagCounts(entries) }),
      ss_training_comment: `${request.kind}, trained by zoetrope ${version}`,
    }),
  )
}

/**
 * Tags as kohya counts them, parts of captions between commas; those of at least half of the captions. Programs take the most frequent one
 * for the word that a file answers to, and of captions that are sentences none is that.
 */
function tagCounts(entries: readonly DatasetEntry[]): Record<string, number> {
  const tags = entries.flatMap(({ caption }) => [...new Set(caption.split(',').map((tag) => tag.trim()))]).filter((tag) => tag !== '')
  const counts = [...Map.groupBy(tags, (tag) => tag)].map(([tag, { length }]) => [tag, length] as const)
  return Object.fromEntries(counts.filter(([, count]) => 2 * count >= entries.length).sort((a, b) => b[1] - a[1]))
}
