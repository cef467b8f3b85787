// The denoising net in training: UNet with or without motion modules, adapters beside it, and the text encoder where that learns too.
// One animation (or still) a run: a batch is several runs, whose gradients are added.
// F frames  h w latent sides  L text tokens  D token width  V new words

import type { MotionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import type { Tensor } from '../../checkpoint/tensor/tensor.ts'
import { sparseControl, sparseControlPath } from '../../nets/sparse-control.ts'
import { textEncoder, tokenEmbedding, withVectors } from '../../nets/text-encoder.ts'
import { unet } from '../../nets/unet.ts'
import { type Material, Weights } from '../../nets/weights.ts'
import { Graph, type Value } from '../../onnx/graph.ts'
import { MatMul } from '../../onnx/ops.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Target } from '../../targets/target.ts'
import { widened } from '../parameters.ts'
import { type TrainingGraph, type TrainingOptions, trainingGraph } from '../training-graph.ts'
import type { TextReading } from './caption-contexts.ts'
import { meanSquaredError } from './loss.ts'

export interface DenoiserTraining extends TrainingOptions, Pick<Material, 'adapterRank'> {
  /** One skips the motion modules. */
  readonly frames: number
  readonly h: number
  readonly w: number
  readonly tokens: number
  /** Absent: the graph is fed what the text encoder said. */
  readonly text?: {
    /** Vectors of textual inversions among the tokens. */
    readonly words: number
    readonly reading?: Partial<TextReading>
  }
  readonly sparseControl?: SparseControl
}

export interface SparseControl {
  /** Under `sparseControlPath`. */
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly motion: MotionArchitecture
  /** Of the condition, the mask among them. */
  readonly channels: number
}

/** The rows of new words, an input of the graph [V, D]. */
export const wordVectors = 'word_vectors'

/**
 * Inputs `sample` and `target` [F, 4, h, w], `time` [1, widths[0]], `context` [1, L, D] or `ids` [1, L]; with new words also `keep` [1, L, 1],
 * 0 where one stands, and `placement` [1, L, V], 1 for which; with a SparseCtrl `condition` [F, K, h, w]. Trained weights must be float32 or widen to it; the others stay as they lie.
 */
export function denoiserTraining(
  model: Pick<Model, 'unet' | 'motion' | 'text'>,
  target: Target,
  { frames, h, w, tokens, text, adapterRank, sparseControl: sparse, ...options }: DenoiserTraining,
): TrainingGraph {
  const graph = new Graph('training')
  const motion = model.motion && frames > 1 ? { frames, architecture: model.motion.architecture } : null
  const tensors = widened(new Map([...model.unet.tensors, ...(motion ? model.motion!.tensors : [])]), options.trained)
  const adapted = adapterRank ? { adapterRank, adaptersApart: true } : {}
  const weights = new Weights({ graph, target, file: model.unet.file, tensors, ...adapted })
  const { inChannels, widths, contextWidth } = model.unet.architecture
  const sample = graph.input('sample', 'float32', [frames, inChannels, h, w])
  const time = graph.input('time', 'float32', [1, widths[0]!])
  const context = text
    ? encodedText(graph, model, target, tokens, text, options, adapted)
    : graph.input('context', 'float32', [1, tokens, contextWidth])
  const { architecture: arch } = model.unet
  const control = sparse
    ? sparseControl(
        new Weights({ graph, target, file: 'SparseCtrl', tensors: widened(sparse.tensors, options.trained) }).at(sparseControlPath),
        graph.input('condition', 'float32', [frames, sparse.channels, h, w]),
        time,
        context,
        arch,
        { frames, architecture: sparse.motion },
      )
    : null
  const prediction = unet(weights, sample, time, context, arch, motion, { control })
  const loss = meanSquaredError(prediction, graph.input('target', 'float32', prediction.shape))
  return trainingGraph(graph, { loss }, target, options)
}

function encodedText(
  graph: Graph,
  { text }: Pick<Model, 'text'>,
  target: Target,
  L: number,
  { words, reading: { clipSkip = 1 } = {} }: Required<DenoiserTraining>['text'],
  { trained }: Pick<TrainingOptions, 'trained'>,
  adapted: Pick<Material, 'adapterRank' | 'adaptersApart'>,
): Value {
  const { architecture: arch, file } = text
  const weights = new Weights({ graph, target, file, tensors: widened(text.tensors, trained), ...adapted })
  let tokens = tokenEmbedding(weights, graph.input('ids', 'int32', [1, L]), arch) // [1, L, D]
  if (words > 0) {
    const vectors = graph.input(wordVectors, 'float32', [words, arch.width])
    const placed = MatMul(graph.input('placement', 'float32', [1, L, words]), vectors)
    tokens = withVectors(tokens, graph.input('keep', 'float32', [1, L, 1]), placed)
  }
  return textEncoder(weights, tokens, arch, clipSkip)
}
