// The parts of a checkpoint: which nets are in the file, every tensor under diffusers' name for it, shapes as our nets want them.
// Nothing is read but the table of contents.

import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { reshapeTensor } from '../tensor/reshape.ts'
import type { Tensor, TensorFile } from '../tensor/tensor.ts'
import { whyIgnored } from './ignored.ts'
import { motionModulePath, officialMotion } from './motion.ts'
import { type Table, type Translate, translator } from './table.ts'
import { bareText } from './text.ts'
import { layoutOfLdm, ldmUNet } from './unet.ts'
import { ldmVae, oldDiffusersVae, vaeLayoutOfLdm } from './vae.ts'
import { unwrapped } from './wrapper-words.ts'

/** Tensors by diffusers' names. A tensor's own `name` stays what the file calls it. */
export type Named = ReadonlyMap<string, Tensor>

export type Part = 'unet' | 'vae' | 'text' | 'motion' | 'control'

/** Nets that LoRAs are for. */
export type LoraPart = Exclude<Part, 'vae' | 'control'>

export interface Parts {
  readonly path: string
  readonly unet?: Named
  readonly vae?: Named
  readonly text?: Named
  readonly motion?: Named
  /** A SparseCtrl: its copy of the UNet's way down, its motion modules and its own convolutions, which are no parts of others then. */
  readonly control?: Named
  /** The motion modules' stored position tables [rows, C], under the name of the attention or the block that adds them. */
  readonly positions?: Named
  /** Rows that every one of them has. */
  readonly peRows?: number
  /** The file's names of everything that no net takes, whether we know why (see `whyIgnored`) or not. */
  readonly ignored: readonly string[]
}

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
  ['controlnet_cond_embedding.', 'control'],
  ['controlnet_down_blocks.', 'control'],
  ['controlnet_mid_block.', 'control'],
]

const asTheyAre = (modules: readonly string[]): Table => modules.map((module) => [module, module])

const diffusersUNet = asTheyAre(['conv_in', 'time_embedding', 'down_blocks', 'mid_block', 'up_blocks', 'conv_norm_out', 'conv_out'])
const controlConvolutions = asTheyAre(['controlnet_cond_embedding', 'controlnet_down_blocks', 'controlnet_mid_block'])

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
  const sorted: Record<Part, Local[]> = { unet: [], vae: [], text: [], motion: [], control: [] }
  const ignored: string[] = []
  const tables: Local[] = []
  for (const [name, tensor] of file.tensors) {
    const where = whyIgnored(name) ? undefined : locate(name)
    if (where) sorted[where.part].push([where.local, tensor])
    else ignored.push(name)
    const table = positionTable.test(name) ? locate(name) : undefined
    if (table?.part === 'motion') tables.push([table.local, tensor])
  }
  const parts: Partial<Record<Part, Named>> = {}
  for (const part of ['unet', 'vae', 'text', 'motion', 'control'] as const) {
    const found = rename(file, part, sorted[part], ignored)
    if (found.size > 0) parts[part] = found
  }
  return { path: file.path, ...withControlWhole(parts), ...positionsIn(file, tables), ignored }
}

/** A SparseCtrl has the names of the nets that it was copied from. */
function withControlWhole({ unet, motion, control, ...others }: Partial<Record<Part, Named>>): Partial<Record<Part, Named>> {
  if (control && unet && motion) return { ...others, control: new Map([...unet, ...motion, ...control]) }
  return { ...others, ...omitUndefined({ unet, motion, control }) }
}

const positionTable = /\.motion_modules\.\d+\..*\.pe$/

function positionsIn(file: TensorFile, tables: readonly Local[]): Pick<Parts, 'positions' | 'peRows'> {
  if (tables.length === 0) return {}
  const named = rename(file, 'motion', tables, [])
  const positions = new Map([...named].map(([name, tensor]) => [name, asTable(file, tensor)]))
  const rows = new Set(positions.values().map(({ shape }) => shape[0]!))
  if (rows.size > 1) {
    throw new UserError(
      'checkpoint-shape',
      `${file.path} has position tables of ${[...rows].join(' and ')} rows; expected as many in all.`,
      {
        path: file.path,
        rows: [...rows],
      },
    )
  }
  return { positions, peRows: [...rows][0]! }
}

/** [1, rows, C] as [rows, C]. */
function asTable({ path }: TensorFile, tensor: Tensor): Tensor {
  const { name, shape } = tensor
  if (shape.length >= 2 && shape.slice(0, -2).every((side) => side === 1)) return reshapeTensor(tensor, shape.slice(-2))
  throw new UserError(
    'checkpoint-shape',
    `${name} in ${path}: expected a table of positions [1, rows, channels], got [${shape.join(', ')}].`,
    {
      path,
      key: name,
      got: shape,
    },
  )
}

/** A LoRA has the names of the modules that it is for. */
const adapters = /(\.|_)lora(\.|_)|\.(alpha|dora_scale)$/

/** Which net a name belongs to, and the name without what stands before it. */
function locate(name: string): { part: Part; local: string } | undefined {
  if (adapters.test(name)) return undefined
  const { local, net } = unwrapped(name)
  if (motionModulePath.test(local)) return { part: 'motion', local }
  const part = net ?? beginnings.find(([beginning]) => local.startsWith(beginning))?.[1]
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
    case 'control':
      return translator(controlConvolutions)
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
