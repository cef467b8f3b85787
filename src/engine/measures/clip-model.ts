// A CLIP in transformers' layout, opened: both of its towers, and how each embeds.
// N pictures  L tokens  D E widths

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { textArchitecture } from '../checkpoint/architecture/architecture.ts'
import { configured, countBlocks, dims, field } from '../checkpoint/architecture/architecture-readers.ts'
import type { Named } from '../checkpoint/dialects/parts.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { float32Of } from '../checkpoint/tensor/tensor.ts'
import { readJson } from '../checkpoint/weight-folder.ts'
import { UserError } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { type ImageArchitecture, imageEncoder } from '../nets/image-encoder.ts'
import { Weights } from '../nets/weights.ts'
import { Graph } from '../onnx/graph.ts'
import { textGraph } from '../pipeline/graphs.ts'
import type { Session } from '../runtime/session.ts'
import type { Target } from '../targets/target.ts'
import { chunks } from '../text/chunks.ts'
import { clipTokenizer } from '../text/tokenizer.ts'
import { clipPixels } from './clip-pixels.ts'

export interface ClipModel {
  readonly text: { readonly architecture: ReturnType<typeof textArchitecture>; readonly tensors: Named; readonly file: string }
  readonly image: ImageArchitecture
  readonly tensors: Named
  readonly file: string
}

/** @param folder with model.safetensors and config.json. @throws UserError `clip-missing`, and those of reading the two */
export function openClip(folder: string): ClipModel {
  const [path, configPath] = [join(folder, 'model.safetensors'), join(folder, 'config.json')]
  if (!existsSync(path) || !existsSync(configPath)) {
    throw new UserError(
      'clip-missing',
      `${folder} holds no CLIP: expected model.safetensors and config.json, as transformers writes them.`,
      {
        folder,
      },
    )
  }
  const { tensors } = openTensorFile(path)
  const config: unknown = readJson(configPath)
  return {
    text: { architecture: textArchitecture(tensors, field(config, 'text_config')), tensors, file: path },
    image: imageArchitecture(tensors, field(config, 'vision_config')),
    tensors,
    file: path,
  }
}

function imageArchitecture(tensors: Named, config: unknown): ImageArchitecture {
  const [width, , patch] = dims(tensors, 'vision_model.embeddings.patch_embedding.weight', 4) as [number, number, number, number]
  const [positions] = dims(tensors, 'vision_model.embeddings.position_embedding.weight', 2) as [number, number]
  return {
    width,
    patch,
    side: Math.round(Math.sqrt(positions - 1)) * patch,
    layers: countBlocks(tensors, /^vision_model\.encoder\.layers\.(\d+)\./),
    // CLIP's heads are 64 wide in every published size.
    heads: configured(tensors, config, ['num_attention_heads']) ?? Math.max(1, width / 64),
    mlpWidth: dims(tensors, 'vision_model.encoder.layers.0.mlp.fc1.weight', 2)[0]!,
    activation: field(config, 'hidden_act') === 'gelu' ? 'gelu' : 'quick_gelu',
    embedding: dims(tensors, 'visual_projection.weight', 2)[0]!,
  }
}

/** pixels [N, 3, S, S] → embedding [N, E]; also hidden and pooled of nets/image-encoder.ts */
export function imageGraph({ image, tensors, file }: ClipModel, target: Target, pictures: number): Graph {
  const graph = new Graph('image-encoder')
  const pixels = graph.input('pixels', 'float32', [pictures, 3, image.side, image.side])
  const encoded = imageEncoder(new Weights({ graph, target, tensors, file }), pixels, image)
  for (const [name, value] of Object.entries(encoded)) graph.output(name, value)
  return graph
}

export interface ClipRunner {
  readonly target: Target
  load(graph: Graph): Promise<Session>
}

/** [N, E], of no particular length. */
export async function embedFrames(clip: ClipModel, frames: Frames, { target, load }: ClipRunner): Promise<Float32Array> {
  const session = await load(imageGraph(clip, target, frames.count))
  try {
    return (await session.run({ pixels: clipPixels(frames, clip.image.side) }))['embedding']!
  } finally {
    await session.release()
  }
}

/** As they stand, up to 75 tokens of CLIP's own vocabulary. */
export function embedPrompts(clip: ClipModel, texts: readonly string[], runner: ClipRunner): Promise<Float32Array> {
  const { positions: L, vocabulary } = clip.text.architecture
  const tokenizer = clipTokenizer(vocabulary)
  const ids = new Int32Array(texts.length * L)
  for (const [n, text] of texts.entries()) ids.set(chunks(tokenizer, [{ text, weight: 1 }])[0]!.ids, n * L)
  return embedTexts(clip, ids, runner)
}

/** ids [N, L], padded with the end marker → [N, E]: the state at the first end marker, projected. */
export async function embedTexts(clip: ClipModel, ids: Int32Array, { target, load }: ClipRunner): Promise<Float32Array> {
  const { positions: L, width: D, vocabulary } = clip.text.architecture
  const [E] = dims(clip.tensors, 'text_projection.weight', 2) as [number, number]
  const projection = float32Of(clip.tensors.get('text_projection.weight')!) // [E, D]
  const count = ids.length / L
  const embeddings = new Float32Array(count * E)
  const session = await load(textGraph(clip, target, { prompts: 1 }))
  try {
    for (let n = 0; n < count; n++) {
      const own = ids.subarray(n * L, (n + 1) * L)
      const hidden = (await session.run({ ids: own }))['hidden']!
      const end = own.indexOf(vocabulary - 1)
      for (let e = 0; e < E; e++) {
        let sum = 0
        for (let i = 0; i < D; i++) sum += projection[e * D + i]! * hidden[end * D + i]!
        embeddings[n * E + e] = sum
      }
    }
  } finally {
    await session.release()
  }
  return embeddings
}
