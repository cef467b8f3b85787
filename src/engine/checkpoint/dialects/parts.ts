// The parts of a checkpoint: which nets are in the file, every tensor under diffusers' name for it, shapes as our nets want them.
// Nothing is read but the table of contents.

import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { reshapeTensor } from '../reshape.ts'
import type { Tensor, TensorFile } from '../tensor.ts'
import { whyIgnored } from './ignored.ts'
import { motionModulePath, officialMotion } from './motion.ts'
import { type Table, type Translate, translator } from './table.ts'
import { bareText } from './text.ts'
import { layoutOfLdm, ldmUNet } from './unet.ts'
import { ldmVae, oldDiffusersVae, vaeLayoutOfLdm } from './vae.ts'

/** Tensors by diffusers' names. A tensor's own `name` stays what the file calls it. */
export type Named = ReadonlyMap<string, Tensor>

export type Part = 'unet' | 'vae' | 'text' | 'motion'

export interface Parts {
  readonly path: string
  readonly unet?: Named
  readonly vae?: Named
  readonly text?: Named
  readonly motion?: Named
  /** Rows of the motion modules' stored position tables, where they are stored. */
  readonly peRows?: number
  /** The file's names of everything that no net takes, whether we know why (see `whyIgnored`) or not. */
  readonly ignored: readonly string[]
}

/** Prefixes that say which net follows; the first that fits counts. */
const roots: readonly (readonly [prefix: string, part: Part | undefined])[] = [
  ['model.diffusion_model.', 'unet'],
  ['first_stage_model.', 'vae'],
  ['cond_stage_model.transformer.', 'text'],
  ['text_encoder.', 'text'],
  ['unet.', 'unet'],
  ['vae.', 'vae'],
]

/** Beginnings of names that stand without a prefix. */
const beginnings: readonly (readonly [beginning: string, part: Part])[] = [
  ['text_model.', 'text'],
  ['embeddings.', 'text'],
  ['encoder.layers.', 'text'],
  ['final_layer_norm.', 'text'],
  ['encoder.', 'vae'],
  ['decoder.', 'vae'],
  ['quant_conv.', 'vae'],
  ['post_quant_conv.', 'vae'],
  ['input_blocks.', 'unet'],
  ['middle_block.', 'unet'],
  ['output_blocks.', 'unet'],
  ['time_embed.', 'unet'],
  ['out.', 'unet'],
  ['down_blocks.', 'unet'],
  ['mid_block.', 'unet'],
  ['up_blocks.', 'unet'],
  ['time_embedding.', 'unet'],
  ['conv_in.', 'unet'],
  ['conv_norm_out.', 'unet'],
  ['conv_out.', 'unet'],
]

const diffusersUNet: Table = ['conv_in', 'time_embedding', 'down_blocks', 'mid_block', 'up_blocks', 'conv_norm_out', 'conv_out'].map(
  (m) => [m, m],
)

/** Weights that one dialect holds as 1×1 convolutions and another as matrices: the same bytes. We keep matrices, and convolutions in the UNet. */
const matrices = /((encoder|decoder)\.mid_block\.attentions\.0\.(to_[qkv]|to_out\.0)|\.motion_modules\.\d+\.proj_(in|out))\.weight$/
const convolutions = /^(down_blocks\.\d+|mid_block|up_blocks\.\d+)\.attentions\.\d+\.proj_(in|out)\.weight$/

/** A tensor under its name without prefix. */
type Local = readonly [local: string, tensor: Tensor]

/**
 * Takes a file apart. Parts that it does not hold are absent; a file of none of them has everything in `ignored`.
 * @throws UserError `checkpoint-name-twice` when two of its tensors mean the same weight
 */
export function partsOf(file: TensorFile): Parts {
  const sorted: Record<Part, Local[]> = { unet: [], vae: [], text: [], motion: [] }
  const ignored: string[] = []
  let peRows: number | undefined
  for (const [name, tensor] of file.tensors) {
    const where = whyIgnored(name) ? undefined : locate(name)
    if (where) sorted[where.part].push([where.local, tensor])
    else ignored.push(name)
    if (/\.motion_modules\.\d+\..*\.pe$/.test(name)) peRows ??= tensor.shape.at(-2)
  }
  const parts: Partial<Record<Part, Named>> = {}
  for (const part of ['unet', 'vae', 'text', 'motion'] as const) {
    const found = rename(file, part, sorted[part], ignored)
    if (found.size > 0) parts[part] = found
  }
  return omitUndefined({ path: file.path, ...parts, peRows, ignored })
}

/** A LoRA has the names of the modules that it is for. */
const adapters = /(\.|_)lora(\.|_)|\.(alpha|dora_scale)$/

/** Which net a name belongs to, and the name without what stands before it. */
function locate(name: string): { part: Part; local: string } | undefined {
  if (adapters.test(name)) return undefined
  let local = name
  for (const wrapper of ['state_dict.', 'module.']) if (local.startsWith(wrapper)) local = local.slice(wrapper.length)
  const root = roots.find(([prefix]) => local.startsWith(prefix))
  if (root) local = local.slice(root[0].length)
  if (motionModulePath.test(local)) return { part: 'motion', local }
  const part = root?.[1] ?? beginnings.find(([beginning]) => local.startsWith(beginning))?.[1]
  return part && { part, local }
}

function dialectOf(part: Part, all: readonly string[]): Translate {
  switch (part) {
    case 'unet':
      return translator(all.some((name) => /^(input_blocks|output_blocks)\./.test(name)) ? ldmUNet(layoutOfLdm(all)) : diffusersUNet)
    case 'vae':
      return translator(all.some((name) => /^(encoder\.down|decoder\.up)\.\d/.test(name)) ? ldmVae(vaeLayoutOfLdm(all)) : oldDiffusersVae)
    case 'text':
      return translator(bareText)
    case 'motion': {
      const paths = new Set(all.map((name) => motionModulePath.exec(name)![0]))
      return translator([...[...paths].map((path) => [path, path] as const), ...officialMotion(paths)])
    }
  }
}

function rename(file: TensorFile, part: Part, tensors: readonly Local[], ignored: string[]): Named {
  const translate = dialectOf(
    part,
    tensors.map(([local]) => local),
  )
  const named = new Map<string, Tensor>()
  for (const [local, tensor] of tensors) {
    const name = translate(local)
    const twin = name === undefined ? undefined : named.get(name)
    if (twin) {
      throw new UserError('checkpoint-name-twice', `${file.path} holds ${name} twice, as ${twin.name} and as ${tensor.name}.`, {
        path: file.path,
        name,
        first: twin.name,
        second: tensor.name,
      })
    }
    if (name === undefined) ignored.push(tensor.name)
    else named.set(name, shaped(name, tensor))
  }
  return named
}

function shaped(name: string, tensor: Tensor): Tensor {
  const { shape } = tensor
  if (shape.length === 4 && shape[2] === 1 && shape[3] === 1 && matrices.test(name)) return reshapeTensor(tensor, shape.slice(0, 2))
  if (shape.length === 2 && convolutions.test(name)) return reshapeTensor(tensor, [...shape, 1, 1])
  return tensor
}
