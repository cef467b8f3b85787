// A synthetic LoRA: a file of a given rank with random weights, as kohya's programs write one: every attention and feed-forward weight of
// the UNet and the text encoder has two factors and an alpha.

import { existsSync } from 'node:fs'
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors/write-safetensors.ts'
import { type Fill, randomFill } from './fill.ts'
import { clipText, type Shapes, sd15UNet } from './sd15.ts'

/** Written where it is not there yet. Another seed is another style. */
export function syntheticLora(path: string, rank: number, seed: number): void {
  if (existsSync(path)) return
  const fill = randomFill(seed)
  writeSafetensors(path, [
    ...factors('lora_unet_', /\.attentions\.\d+\.(proj_|transformer_blocks\.)/, sd15UNet(), rank, fill),
    ...factors('lora_te_', /encoder\.layers\./, clipText(), rank, fill),
  ])
}

function* factors(prefix: string, places: RegExp, shapes: Shapes, rank: number, fill: Fill): Generator<TensorToWrite> {
  for (const [name, shape] of shapes) {
    if (!places.test(name) || !name.endsWith('.weight') || shape.length === 1) continue
    const [out, input, ...sides] = shape as [number, number, ...number[]]
    const module = prefix + name.replace(/\.weight$/, '').replaceAll('.', '_')
    const half = (end: string, of: readonly number[], width: number): TensorToWrite => ({
      name: `${module}.${end}`,
      dtype: 'F16',
      shape: of,
      bytes: () => fill(of, width),
    })
    yield half('lora_down.weight', [rank, input, ...sides], Math.sqrt(3 / input))
    yield half('lora_up.weight', [out, rank, ...sides.map(() => 1)], 0.02)
    yield { name: `${module}.alpha`, dtype: 'F16', shape: [], bytes: new Uint8Array(Float16Array.of(rank / 2).buffer) }
  }
}
