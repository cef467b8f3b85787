// A motion module that closes no loop: the small model's own with its positions closer together, so that its frames show a cut of a longer
// motion. A folder in diffusers' layout, with a table of positions of its own.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSafetensors } from '../../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { pocket } from '../../../../src/paths.ts'

/** @param by 1 moves as the small model does, a half twice as slowly */
export function slowMotion(folder: string, by: number): string {
  const { tensors, architecture } = openModel({ checkpoint: pocket }).motion!
  const rows = architecture.peRows
  const tables = [...tensors].flatMap(([name, { shape }]) => {
    const block = /^(.*\.transformer_blocks\.0)\.norm1\.weight$/.exec(name)?.[1]
    if (block === undefined) return []
    const bytes = new Uint8Array(positions(rows, shape[0]!, by).buffer)
    return [{ name: `${block}.pos_embed.pe`, dtype: 'F32', shape: [1, rows, shape[0]!], bytes } as const]
  })
  mkdirSync(folder, { recursive: true })
  const own = [...tensors].map(([name, tensor]) => ({ ...tensor, name, bytes: () => bytesOf(tensor) }))
  writeSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'), [...own, ...tables])
  const { motion_loop_frames: _trainedOnLoops, ...config } = JSON.parse(readFileSync(join(pocket, 'motion/config.json'), 'utf8'))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  return folder
}

/** As src/engine/nets/sinusoidal-positions.ts, of the places 0, by, 2 by, …: [F, C]. */
function positions(F: number, C: number, by: number): Float32Array {
  return Float32Array.from({ length: F * C }, (_, i) => {
    const [p, c] = [Math.floor(i / C), i % C]
    const angle = by * p * 10_000 ** (-(c - (c % 2)) / C)
    return c % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
  })
}
