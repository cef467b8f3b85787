// Inspection of an uploaded file, before anything is done with it: what it is, whether every number in it is one, and which of the
// installed bases it fits.

import { type Identity, identify } from '../../checkpoint/identify/identify.ts'
import { assertFinite } from '../../checkpoint/lora/finite.ts'
import { readLora } from '../../checkpoint/lora/read.ts'
import { openTensorFile } from '../../checkpoint/open.ts'
import { openSafetensors, type SafetensorsLimits } from '../../checkpoint/safetensors/safetensors.ts'
import type { TensorFile } from '../../checkpoint/tensor/tensor.ts'
import type { DrawSettings } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import { type Schedule, scheduleFor } from '../../samplers/schedule.ts'
import { distillationSaid } from '../loras/applied-loras.ts'
import { type BaseFiles, netsOf, openModel } from '../model/model.ts'

export interface InspectOptions {
  readonly limits: SafetensorsLimits
  /** Nothing but safetensors, whatever the name says: pickles only from people who could run programs here anyway. */
  readonly safetensorsOnly: boolean
  /** Best first. */
  readonly bases: readonly BaseFiles[]
  /** What people call it, where it lies here under another name: some of what a file is, only its name says. */
  readonly name?: string
}

/** Can be cloned into another thread. */
export interface Inspection {
  readonly identity: Identity
  readonly metadata: ReadonlyMap<string, string>
  /** Which of the bases it fits: the first of them. */
  readonly base: number
  /** Tensors that find no place there. */
  readonly ignored: number
  /** How it was distilled to be drawn; absent where it was not. */
  readonly defaults?: Pick<DrawSettings, 'sampler' | 'spacing' | 'steps' | 'guidance'>
}

/** @throws UserError why it cannot be read, cannot be used, or fits none of the bases (then of the first) */
export function inspect(path: string, { limits, safetensorsOnly, bases, name }: InspectOptions): Inspection {
  const file = safetensorsOnly ? openStrictly(path, limits) : openTensorFile(path, limits)
  const identity = name === undefined ? identify(file) : identify({ ...file, path: name }, () => undefined)
  if (identity.kind === 'refused') throw new UserError(identity.code, identity.sentence, { path })
  if ('unet' in identity && identity.byName && name !== undefined) throw saidByNameAlone(name)
  // LoRAs are read whole where they are matched with their base.
  if (!('lora' in identity)) for (const tensor of file.tensors.values()) assertFinite(tensor)
  let first: unknown
  for (const [base, files] of bases.entries()) {
    try {
      return { identity, metadata: file.metadata, base, ignored: fit(file, identity, files), ...defaultsOf(identity, file) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      first ??= error
    }
  }
  throw first
}

/** Under the name that it has here, it would be drawn as if it predicted noise. */
const saidByNameAlone = (name: string): UserError =>
  new UserError(
    'velocity-by-name-alone',
    `${name} predicts velocity (v-prediction) by its name, and nothing in it says so: save it with modelspec.prediction_type = v in its metadata, or with a tensor v_pred.`,
    { path: name },
  )

function defaultsOf(identity: Identity, { metadata }: TensorFile): Pick<Inspection, 'defaults'> {
  const drawn = ({ sampler: { name: sampler, spacing, steps }, guidance }: Schedule) => ({
    defaults: { sampler, spacing, steps, guidance },
  })
  if (identity.kind === 'motion-module' && identity.motion.version === 'lightning') return drawn(scheduleFor(identity.motion))
  const distilledLora = 'lora' in identity ? distillationSaid({ path: identity.path, metadata }) : undefined
  return distilledLora ? drawn(scheduleFor(null, {}, { distilledLora })) : {}
}

/** Says what it is instead, where that is known. */
function openStrictly(path: string, limits: SafetensorsLimits): TensorFile {
  try {
    return openSafetensors(path, limits)
  } catch (error) {
    if (
      !(error instanceof UserError) ||
      !['safetensors-invalid', 'safetensors-header-too-large', 'checkpoint-truncated'].includes(error.code)
    )
      throw error
    const { container } = openTensorFile(path, limits)
    if (container === 'safetensors') throw error
    throw new UserError(
      'file-is-pickle',
      `${path} was written by torch.save and may run programs when it is read; only safetensors are taken here.`,
      {
        path,
      },
    )
  }
}

/** @returns how many tensors find no place. @throws UserError where it does not fit */
function fit(file: TensorFile, identity: Identity, base: BaseFiles): number {
  const { path } = file
  switch (identity.kind) {
    case 'lora':
    case 'domain-adapter':
    case 'motion-lora': {
      const model = openModel(base)
      const { contextWidth } = identity.lora
      const expected = model.unet.architecture.contextWidth
      if (contextWidth !== undefined && contextWidth !== expected) throw otherWidth(path, contextWidth, expected)
      return readLora(file, netsOf(model)).ignored.length
    }
    case 'textual-inversion': {
      const { width } = openModel(base).text.architecture
      if (identity.embedding.width !== width) throw otherWidth(path, identity.embedding.width, width)
      return 0
    }
    case 'vae':
      openModel({ ...base, vae: path })
      break
    case 'motion-module':
      openModel({ ...base, motion: path })
      break
    case 'sd1-checkpoint': {
      const { vae: _, ...rest } = base
      openModel({ ...rest, checkpoint: path })
      break
    }
    case 'sparse-control':
      throw new UserError(
        'file-sparse-control',
        `${path} is a SparseCtrl, which steers a clip by pictures: a style has none, so it is drawn with on the command line (animate --control).`,
        { path },
      )
    default:
      throw new UserError('file-part-alone', `${path} is one net alone; a whole checkpoint, a VAE, a motion module or a LoRA is needed.`, {
        path,
      })
  }
  return identity.ignored.reduce((sum, { names }) => sum + names.length, 0)
}

/** Widths of text tokens, by the models that have them. */
const families: Readonly<Record<number, string>> = { 768: ' (Stable Diffusion 1.x)', 1024: ' (Stable Diffusion 2)', 2048: ' (SDXL)' }

function otherWidth(path: string, width: number, expected: number): UserError {
  const named = (side: number): string => `${side}${families[side] ?? ''}`
  return new UserError(
    'file-other-width',
    `${path} was made for text of width ${named(width)}; the installed base reads ${named(expected)}.`,
    { path, width, expected },
  )
}
