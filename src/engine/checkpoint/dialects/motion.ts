// A key mapping for motion modules: names as AnimateDiff publishes them (`….temporal_transformer.transformer_blocks.0.attention_blocks.0`)
// beside diffusers' MotionAdapter (`….transformer_blocks.0.attn1`). Block numbers are diffusers' in both.
// Sources: guoyww/AnimateDiff animatediff/models/motion_module.py; diffusers loaders/single_file_utils.py.

import type { Table } from './table.ts'
import { under } from './table.ts'

/** Where a motion module sits: `down_blocks.0.motion_modules.1`, `mid_block.motion_modules.0`. */
export const motionModulePath = /^(?:(?:down|up)_blocks\.\d+|mid_block)\.motion_modules\.\d+(?=\.)/

/** Official ↔ MotionAdapter, for the modules at these paths, each of so many transformer blocks and attentions a block. */
export function officialMotion(paths: Iterable<string>, blocks = 1, attentions = 2): Table {
  const rows: (readonly [string, string])[] = [
    ['norm', 'norm'],
    ['proj_in', 'proj_in'],
    ['proj_out', 'proj_out'],
  ]
  for (let b = 0; b < blocks; b++) {
    const block: (readonly [string, string])[] = [['ff', 'ff']]
    for (let i = 0; i < attentions; i++) block.push([`attention_blocks.${i}`, `attn${i + 1}`], [`norms.${i}`, `norm${i + 1}`])
    // A MotionAdapter block always calls the last norm norm3, two attentions or one.
    block.push(['ff_norm', 'norm3'])
    rows.push(...under(`transformer_blocks.${b}`, `transformer_blocks.${b}`, block))
  }
  return [...new Set(paths)].flatMap((path) => under(`${path}.temporal_transformer`, path, rows))
}
