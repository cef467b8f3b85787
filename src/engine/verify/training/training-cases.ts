// What each case of the training answers trains, from what and on what.
// F frames  C channels  h w latent sides  L tokens  D token width

import { join } from 'node:path'
import { swapAxes } from '../../arrays/swap-axes.ts'
import { motionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import type { LowRank } from '../../checkpoint/lora/delta.ts'
import { lowRankFactors } from '../../checkpoint/lora/merge/merge.ts'
import { readLora } from '../../checkpoint/lora/read.ts'
import { openTensorFile } from '../../checkpoint/open.ts'
import { float32Of } from '../../checkpoint/tensor/tensor.ts'
import { UserError } from '../../errors.ts'
import { sparseControlPath } from '../../nets/sparse-control.ts'
import { type Model, netsOf } from '../../pipeline/model/model.ts'
import type { Targets } from '../../targets/table.ts'
import { autoencoderTraining } from '../../training/objectives/autoencoder.ts'
import { type DenoiserTraining, denoiserTraining, wordVectors } from '../../training/objectives/denoiser.ts'
import type { Example } from '../../training/step.ts'
import type { TrainingGraph } from '../../training/training-graph.ts'
import { openReferenceTensors } from '../reference-tensors.ts'
import type { TrainingAnswers } from './training-answers.ts'
import { oneClip, openedModel, type Shown, stills, twoClips } from './training-examples.ts'

export interface TrainingCase {
  /** Cases of one graph share its session. */
  readonly graph: string
  build(targets: Targets): TrainingGraph
  /** Every trained tensor: its name in the answers and its value at the start, by our name. */
  readonly trained: ReadonlyMap<string, Trained>
  /** Of step s, counted from 0. */
  examples(step: number): Example[]
}

export interface Trained {
  readonly name: string
  readonly values: () => Float32Array
  /** As the answers lay it out, where that is otherwise. */
  readonly told?: (values: Float32Array) => Float32Array
}

type Read = (answers: TrainingAnswers) => TrainingCase

export const trainingCases: Readonly<Record<string, Read>> = {
  motion_v3: (it) => motion(it, 'v3', oneClip(it)),
  motion_v3_zero: (it) => untrained(motion(it, 'v3', oneClip(it))),
  inputs: (it) => inputs(it),
  motion_v2: (it) => motion(it, 'v2', oneClip(it)),
  motion_v1: (it) => motion(it, 'v1', oneClip(it)),
  motion_v3_two: (it) => motion(it, 'v3', twoClips(it)),
  two_v: (it) => motion(it, 'v3', twoClips(it, { prediction: 'v' })),
  two_min_snr: (it) => motion(it, 'v3', twoClips(it, { weighting: 'min-snr' })),
  two_v_min_snr: (it) => motion(it, 'v3', twoClips(it, { prediction: 'v', weighting: 'min-snr' })),
  two_debiased: (it) => motion(it, 'v3', twoClips(it, { weighting: 'debiased' })),
  two_offset: (it) => motion(it, 'v3', twoClips(it, { offset: 0.1 })),
  lora: (it) => lora(it, join(it.dir, 'lora_point'), 'v3', oneClip(it)),
  lora_start: (it) => lora(it, join(it.dir, 'lora_start'), 'v3', oneClip(it)),
  motion_lora: (it) => lora(it, join(it.baseDir, 'motion_lora'), 'v2', oneClip(it)),
  adapter: (it) => lora(it, join(it.dir, 'adapter'), null, stills(it)),
  locon: (it) => lora(it, join(it.baseDir, 'locon'), null, stills(it)),
  lora_kohya: (it) => lora(it, join(it.baseDir, 'lora_kohya'), null, stills(it), textIds(it)),
  sparsectrl: (it) => sparseCtrl(it),
  textual_inversion: (it) => textualInversion(it),
  t2i: (it) => wholeNet(it),
  vae_l1: (it) => autoencoder(it, 'l1'),
  vae_mse: (it) => autoencoder(it, 'mse'),
}

const ofTensors = (tensors: Model['unet']['tensors']): [string, Trained][] =>
  [...tensors].map(([ours, tensor]) => [ours, { name: tensor.name, values: () => float32Of(tensor) }])

interface Denoising {
  readonly graph: string
  readonly model: Model
  readonly shown: Shown
  readonly trained: ReadonlyMap<string, Trained>
  readonly more?: Pick<DenoiserTraining, 'adapterRank' | 'text' | 'sparseControl'>
  /** What is fed at example b besides, instead of the context if it says so. */
  readonly feeds?: (b: number) => Example['feeds']
}

function denoising({ graph, model, shown, trained, more = {}, feeds = () => ({}) }: Denoising): TrainingCase {
  const { frames, h, w } = shown
  const { positions: tokens } = model.text.architecture
  return {
    graph: `${graph} ${frames}`,
    build: ({ target }) => denoiserTraining(model, target, { frames, h, w, tokens, trained: (name) => trained.has(name), ...more }),
    trained,
    examples: (step) =>
      shown.examples(step).map(({ feeds: common, weight, context }, b) => ({
        feeds: { ...common, ...(more.text ? {} : { context }), ...feeds(b) },
        weight,
      })),
  }
}

function motion({ baseDir }: TrainingAnswers, version: string, shown: Shown): TrainingCase {
  const model = openedModel(baseDir, version)
  return denoising({ graph: `motion ${version}`, model, shown, trained: new Map(ofTensors(model.motion!.tensors)) })
}

/** As a training starts: the last projections are zero. */
function untrained(it: TrainingCase): TrainingCase {
  const zero = (values: Float32Array): Float32Array => values.fill(0)
  const trained = [...it.trained].map(([ours, { name, values }]): [string, Trained] => [
    ours,
    { name, values: /\.proj_out\.(weight|bias)$/.test(ours) ? () => zero(values().slice()) : values },
  ])
  return { ...it, trained: new Map(trained) }
}

/** With respect to what the net is shown. The motion module is frozen. */
function inputs(answers: TrainingAnswers): TrainingCase {
  const shown = oneClip(answers)
  const [first] = shown.examples(0)
  const { frames, h, w } = shown
  const channelsFirst = (values: Float32Array): Float32Array => swapAxes(values, [1, frames, values.length / (frames * h * w), h * w])
  const trained = new Map<string, Trained>([
    ['sample', { name: 'noisy', values: () => first!.feeds['sample'] as Float32Array, told: channelsFirst }],
    ['context', { name: 'context', values: () => first!.context }],
  ])
  return denoising({ graph: 'inputs', model: openedModel(answers.baseDir, 'v3'), shown, trained })
}

function lora({ baseDir }: TrainingAnswers, path: string, version: string | null, shown: Shown, ids?: Int32Array): TrainingCase {
  const model = openedModel(baseDir, version)
  const deltas = new Map<string, LowRank>()
  for (const delta of readLora(openTensorFile(`${path}.safetensors`), netsOf(model)).deltas) {
    if (delta.kind !== 'low-rank') throw new UserError('verify-answer', `${path} holds more than low-rank factors.`, { path })
    deltas.set(delta.weight, delta)
  }
  const trained = [...deltas].flatMap(([weight, delta]): [string, Trained][] => [
    [`${weight}.lora_down`, { name: delta.down.name, values: () => lowRankFactors(delta).down }],
    [`${weight}.lora_up`, { name: delta.up.name, values: () => lowRankFactors(delta).up }],
  ])
  const scales = Object.fromEntries(
    [...deltas].map(([weight, { rank, scale }]) => [`${weight}.lora_scale`, new Float32Array(rank).fill(scale)]),
  )
  const L = model.text.architecture.positions
  return denoising({
    graph: path,
    model,
    shown,
    trained: new Map(trained),
    more: { adapterRank: (weight) => deltas.get(weight)?.rank ?? 0, ...(ids && { text: { words: 0 } }) },
    feeds: (b) => ({ ...scales, ...(ids && { ids: ids.subarray(b * L, (b + 1) * L) }) }),
  })
}

const textIds = ({ baseDir }: TrainingAnswers): Int32Array =>
  Int32Array.from(openReferenceTensors([join(baseDir, 'expected.safetensors')]).values('text.ids'))

/** The checkpoint's way down and middle, the motion module's first attentions there, and what it has of its own. */
function sparseCtrl(answers: TrainingAnswers): TrainingCase {
  const model = openedModel(answers.baseDir, 'v3')
  const shown = oneClip(answers)
  const { frames, h, w } = shown
  const copied = /^(conv_in|time_embedding|down_blocks|mid_block)\./
  const unet = [...model.unet.tensors].filter(([name]) => copied.test(name)).map(([name, tensor]) => [name, { ...tensor, name }] as const)
  const motionNet = new Map([...model.motion!.tensors].filter(([name]) => /^down_blocks\./.test(name) && !/\.(attn2|norm2)\./.test(name)))
  const own = openTensorFile(join(answers.dir, 'sparsectrl_extra.safetensors')).tensors
  const tensors = new Map([...unet, ...motionNet, ...own].map(([name, tensor]) => [`${sparseControlPath}.${name}`, tensor]))
  const { batch } = answers
  const channels = batch.shape('sparse_condition')[1]!
  const condition = concatenated(
    swapAxes(batch.values('sparse_condition'), [1, channels, frames, h * w]),
    swapAxes(batch.values('sparse_mask'), [1, 1, frames, h * w]),
    frames,
  )
  const sparseControl = { tensors, motion: motionArchitecture(motionNet, { peRows: 32 }), channels: channels + 1 }
  const trained = new Map(ofTensors(tensors))
  return denoising({ graph: 'sparsectrl', model, shown, trained, more: { sparseControl }, feeds: () => ({ condition }) })
}

/** Of every frame the values of a, then those of b. */
function concatenated(a: Float32Array, b: Float32Array, frames: number): Float32Array {
  const [p, q] = [a.length / frames, b.length / frames]
  return Float32Array.from({ length: a.length + b.length }, (_, i) => {
    const [frame, place] = [Math.floor(i / (p + q)), i % (p + q)]
    return place < p ? a[frame * p + place]! : b[frame * q + place - p]!
  })
}

/** Words behind the vocabulary are the new ones. */
function textualInversion(answers: TrainingAnswers): TrainingCase {
  const model = openedModel(answers.baseDir)
  const { positions: L, vocabulary } = model.text.architecture
  const embedding = openTensorFile(join(answers.dir, 'embedding.safetensors')).tensors.get('emb_params')!
  const [words] = embedding.shape as [number]
  const ids = Int32Array.from(answers.batch.values('inversion_ids'))
  return denoising({
    graph: 'textual inversion',
    model,
    shown: stills(answers),
    trained: new Map([[wordVectors, { name: 'emb_params', values: () => float32Of(embedding) }]]),
    more: { text: { words } },
    feeds(b) {
      const here = ids.subarray(b * L, (b + 1) * L)
      const placement = new Float32Array(L * words)
      for (const [i, id] of here.entries()) if (id >= vocabulary) placement[i * words + id - vocabulary] = 1
      return {
        ids: here.map((id) => (id < vocabulary ? id : 0)),
        keep: Float32Array.from(here, (id) => (id < vocabulary ? 1 : 0)),
        placement,
      }
    },
  })
}

/** UNet and text encoder. */
function wholeNet(answers: TrainingAnswers): TrainingCase {
  const model = openedModel(answers.baseDir)
  const ids = textIds(answers)
  const L = model.text.architecture.positions
  const trained = new Map([...ofTensors(model.unet.tensors), ...ofTensors(model.text.tensors)])
  const feeds = (b: number): Example['feeds'] => ({ ids: ids.subarray(b * L, (b + 1) * L) })
  return denoising({ graph: 'whole', model, shown: stills(answers), trained, more: { text: { words: 0 } }, feeds })
}

function autoencoder({ batch, baseDir }: TrainingAnswers, reconstruction: 'l1' | 'mse'): TrainingCase {
  const model = openedModel(baseDir)
  const trained = new Map(ofTensors(model.vae.tensors))
  const [pictures, , h, w] = batch.shape('vae_noise') as [number, number, number, number]
  return {
    graph: `vae ${reconstruction}`,
    build: ({ vaeTarget }) =>
      autoencoderTraining(model, vaeTarget, { pictures, h, w, reconstruction, klWeight: 1e-6, trained: (name) => trained.has(name) }),
    trained,
    examples: () => [{ feeds: { pictures: batch.values('image'), noise: batch.values('vae_noise') }, weight: 1 }],
  }
}
