// A key mapping for the UNet: LDM (`input_blocks.4.1`, as single-file checkpoints have them) beside diffusers'
// (`down_blocks.1.attentions.0`). LDM numbers its blocks straight through, so how many there are to a level is read from the keys that are
// there.
// Sources: CompVis/stable-diffusion ldm/modules/diffusionmodules/openaimodel.py; diffusers loaders/single_file_utils.py.

import type { Table } from './table.ts'
import { under } from './table.ts'

/** What one level of the UNet holds; that is all its block numbers depend on. */
export interface UNetLevel {
  readonly resnets: number
  readonly attentions: boolean
  /** It ends in a down- or upsampler. */
  readonly sampler: boolean
}

/** Levels in the order in which the net runs them. */
export interface UNetLayout {
  readonly down: readonly UNetLevel[]
  readonly up: readonly UNetLevel[]
}

const resnet: Table = [
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
]

const ends: Table = [
  ['time_embed.0', 'time_embedding.linear_1'],
  ['time_embed.2', 'time_embedding.linear_2'],
  ['time_embed.cond_proj', 'time_embedding.cond_proj'],
  ['input_blocks.0.0', 'conv_in'],
  ['out.0', 'conv_norm_out'],
  ['out.2', 'conv_out'],
]

const middle: Table = [
  ...under('middle_block.0', 'mid_block.resnets.0', resnet),
  ['middle_block.1', 'mid_block.attentions.0'],
  ...under('middle_block.2', 'mid_block.resnets.1', resnet),
]

/** LDM ↔ diffusers for a UNet of this layout. */
export function ldmUNet({ down, up }: UNetLayout): Table {
  const rows: (readonly [string, string])[] = [...ends, ...middle]
  let block = 1
  for (const [b, level] of down.entries()) {
    for (let l = 0; l < level.resnets; l++, block++) {
      rows.push(...under(`input_blocks.${block}.0`, `down_blocks.${b}.resnets.${l}`, resnet))
      if (level.attentions) rows.push([`input_blocks.${block}.1`, `down_blocks.${b}.attentions.${l}`])
    }
    if (level.sampler) rows.push([`input_blocks.${block++}.0.op`, `down_blocks.${b}.downsamplers.0.conv`])
  }
  block = 0
  for (const [b, level] of up.entries()) {
    for (let l = 0; l < level.resnets; l++, block++) {
      rows.push(...under(`output_blocks.${block}.0`, `up_blocks.${b}.resnets.${l}`, resnet))
      if (level.attentions) rows.push([`output_blocks.${block}.1`, `up_blocks.${b}.attentions.${l}`])
    }
    if (level.sampler) rows.push([`output_blocks.${block - 1}.${level.attentions ? 2 : 1}.conv`, `up_blocks.${b}.upsamplers.0.conv`])
  }
  return rows
}

/** The layout of a UNet with diffusers' names (without a prefix). */
export function layoutOfDiffusers(names: Iterable<string>): UNetLayout {
  const level = () => ({ resnets: 0, attentions: false, sampler: false })
  const layout: Record<'down' | 'up', ReturnType<typeof level>[]> = { down: [], up: [] }
  for (const name of names) {
    const found = /^(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\./.exec(name)
    if (!found) continue
    const side = layout[found[1] as 'down' | 'up']
    while (side.length <= Number(found[2])) side.push(level())
    const here = side[Number(found[2])]!
    if (found[3] === 'resnets') here.resnets = Math.max(here.resnets, Number(found[4]) + 1)
    else if (found[3] === 'attentions') here.attentions = true
    else here.sampler = true
  }
  return layout
}

/** The layout of a UNet with LDM's names (without a prefix): a level ends where a down- or upsampler stands. */
export function layoutOfLdm(names: Iterable<string>): UNetLayout {
  const blocks: Record<'input' | 'output', Set<string>[]> = { input: [], output: [] }
  for (const name of names) {
    const found = /^(input|output)_blocks\.(\d+)\.\d+\.(in_layers|transformer_blocks|op|conv)\./.exec(name)
    if (!found) continue
    const side = blocks[found[1] as 'input' | 'output']
    while (side.length <= Number(found[2])) side.push(new Set())
    side[Number(found[2])]!.add(found[3]!)
  }
  const levels = (parts: readonly Set<string>[]): UNetLevel[] => {
    const done: UNetLevel[] = []
    let here = { resnets: 0, attentions: false, sampler: false }
    for (const part of parts) {
      if (part.has('in_layers')) here.resnets++
      if (part.has('transformer_blocks')) here.attentions = true
      if (part.has('op') || part.has('conv')) {
        done.push({ ...here, sampler: true })
        here = { resnets: 0, attentions: false, sampler: false }
      }
    }
    return here.resnets > 0 ? [...done, here] : done
  }
  return { down: levels(blocks.input), up: levels(blocks.output) }
}
