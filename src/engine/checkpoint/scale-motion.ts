// A motion module at another strength: a copy whose last projections, which are added to what the frozen net makes, are so many times as
// strong. At 0 every frame is a still for itself.

import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { openTensorFile } from './open.ts'
import { type TensorToWrite, writeSafetensors } from './safetensors/write-safetensors.ts'
import { bytesOf, float32Of } from './tensor/tensor.ts'

const lastProjection = /\.motion_modules\.\d+\.(temporal_transformer\.)?proj_out\.(weight|bias)$/

/**
 * @param path a file in any layout, or diffusers' folder
 * @param dir where the copy is put, under the same name: programs tell some modules by it
 * @returns the copy's path
 * @throws UserError of opening and of writing
 */
export function scaleMotion(path: string, strength: number, dir: string): string {
  mkdirSync(dir, { recursive: true })
  const copy = join(dir, basename(path))
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    return scaleFile(path, strength, `${copy.slice(0, copy.length - extname(copy).length)}.safetensors`)
  mkdirSync(copy, { recursive: true })
  for (const name of readdirSync(path)) {
    if (name.endsWith('.safetensors')) scaleFile(join(path, name), strength, join(copy, name))
    else if (existsSync(join(path, name)) && name.endsWith('.json')) copyFileSync(join(path, name), join(copy, name))
  }
  return copy
}

function scaleFile(path: string, strength: number, copy: string): string {
  const { tensors, metadata } = openTensorFile(path)
  const written = [...tensors.values()].map((tensor): TensorToWrite => {
    const { name, dtype, shape } = tensor
    if (!lastProjection.test(name)) return { name, dtype, shape, bytes: () => bytesOf(tensor) }
    const scaled = float32Of(tensor).map((value) => value * strength)
    return { name, dtype: 'F32', shape, bytes: new Uint8Array(scaled.buffer) }
  })
  writeSafetensors(copy, written, metadata)
  return copy
}
