// The nets of a drawing: its files are opened, checked and put together here. Models stay open, and what was merged is kept.

import { join } from 'node:path'
import type { MotionArchitecture } from '../checkpoint/architecture/motion-architecture.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Target } from '../targets/target.ts'
import { bundledEmbeddings, type Embeddings, readEmbeddings, vectorsIn } from '../text/embeddings.ts'
import { checkSize } from './check-size.ts'
import { checkStrengths, type PreparedClip, prepareClip } from './clip/clip-input.ts'
import type { WindowPositions } from './clip/plan-clip.ts'
import { refuseLongWindow } from './control/shown-pictures.ts'
import type { EngineInput } from './engine-input.ts'
import { type AppliedLoras, createApplyLoras } from './loras/applied-loras.ts'
import { createMergedWeightsCache } from './loras/merged-weights-cache.ts'
import type { BaseFiles, Model, NamedLora } from './model/model.ts'
import { createModelCache, type NetKeys, type OpenModel } from './model/model-cache.ts'
import { createNets, type Nets, type Size } from './nets.ts'
import type { Runner } from './runner.ts'
import { crossFrameLimits, isZero, refuseClipForZero } from './zero/zero-clip.ts'

export interface PreparedDrawing {
  readonly base: OpenModel
  readonly applied: AppliedLoras
  /** Vectors of each word that stands for them. */
  readonly embeddings: Embeddings
  readonly clip: PreparedClip
}

type NetsSize = Size & Pick<EngineInput, 'method'>

export interface DrawingNets {
  open(files: BaseFiles): Model
  /** Everything that a person can get wrong about files is found here, before anything is computed. @throws UserError */
  prepare(drawing: Omit<EngineInput, 'seed'>): PreparedDrawing
  /** @param timeOffset of a UNet that is told its guidance, [T] */
  netsFor(
    prepared: PreparedDrawing,
    size: NetsSize,
    timeOffset?: Float32Array,
  ): {
    /** With the LoRAs that are merged. */
    readonly model: Model
    readonly keys: NetKeys
    readonly nets: Nets
    /** Text2Video-Zero draws its first frame alone; otherwise the same. */
    readonly firstNets: Nets
  }
}

export interface DrawingNetsOptions {
  readonly runner: Runner
  readonly target: Target
  /** Half precision overflows in the VAE, so it has a target of its own. */
  readonly vaeTarget: Target
  /** Where weights are kept that LoRAs were merged into; absent: in memory. */
  readonly cacheDir?: string
  /** Of those; what was used longest ago goes. */
  readonly maxCacheBytes?: number
  /** Of LoRAs that stay in memory, so that going from one to another reads nothing; styles made of them take as much again. */
  readonly loraBytes?: number
}

export function createDrawingNets(options: DrawingNetsOptions): DrawingNets {
  const { runner, target, vaeTarget, cacheDir, maxCacheBytes = 16e9, loraBytes = 1e9 } = options
  const openModels = createModelCache()
  const applyLoras = createApplyLoras(loraBytes)
  const mergedWeights = createMergedWeightsCache({
    dir: cacheDir === undefined ? undefined : join(cacheDir, 'merged'),
    maxBytes: maxCacheBytes,
    type: target.type,
  })

  function prepare(drawing: Omit<EngineInput, 'seed'>): PreparedDrawing {
    const { model: files } = drawing
    const base = openModels(files)
    const { motion, vae, text } = base.model
    const { factor } = vae.architecture
    const zero = isZero(drawing)
    checkSize(drawing, { factor, hasMotion: motion !== null || zero })
    if (zero) refuseClipForZero(drawing)
    const asked = prepareClip(drawing, zero ? { vae, motion: crossFrameLimits } : base.model)
    const applied = applyLoras(base, asked.strengths ? files.loras.map(besideWeights) : files.loras)
    const clip = applied.changesMotion && motion && !zero ? prepareClip(drawing, { vae, motion: untrained(motion.architecture) }) : asked
    checkStrengths(clip, files.loras.length, applied.merged.length)
    if (base.model.control) refuseLongWindow(base.model.control, clip.plan)
    const { width } = text.architecture
    // A file that is named for a word counts before one that came inside a LoRA.
    const embeddings = new Map([
      ...[...base.model.addedWords].map(([word, tensor]) => [word, vectorsIn(tensor)] as const),
      ...bundledEmbeddings(applied.words, width),
      ...readEmbeddings(files.embeddings ?? [], width),
    ])
    return { base, applied, embeddings, clip }
  }

  function netsFor({ base, applied, clip }: PreparedDrawing, size: NetsSize, timeOffset?: Float32Array) {
    const { atOnce, motionWindows } = clip.plan
    const { model, keys } = mergedWeights.merge(base, applied.merged, applied.stampOf)
    const options = { runner, target, vaeTarget, keys, adapters: applied.adapters, ...omitUndefined({ motionWindows, timeOffset }) }
    const crossFrames = isZero(size)
    const nets = createNets(model, { ...size, frames: atOnce }, { ...options, crossFrames })
    return { model, keys, nets, firstNets: crossFrames ? createNets(model, { ...size, frames: 1 }, options) : nets }
  }

  return { open: (files) => openModels(files).model, prepare, netsFor }
}

/** Only what is not in the weights can be stronger at one frame than at another. */
const besideWeights = ({ merged: _, ...lora }: NamedLora): NamedLora => lora

/** A module that was trained on loops draws none by itself where a LoRA moves it otherwise. */
const untrained = ({ maxFrames }: MotionArchitecture): { readonly architecture: WindowPositions } => ({ architecture: { maxFrames } })
