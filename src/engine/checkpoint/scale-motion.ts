// A motion module at another strength: a copy whose last projections, which are added to what the frozen net makes, are so many times as
// strong. At 0 every frame is a still for itself.

import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, parse } from 'node:path'
import { type TensorToWrite, writeSafetensors } from './safetensors/write-safetensors.ts'
import { tellingName } from './telling-name.ts'
import { bytesOf, float32Of } from './tensor/tensor.ts'
import { configBeside, isFolder, openWeightsAt } from './weight-folder.ts'

const lastProjection = /\.motion_modules\.\d+\.(temporal_transformer\.)?proj_out\.(weight|bias)$/

/**
 * @param path a file in any layout, or diffusers' folder
 * @param dir where the copy is put: a file of the same name, by which programs tell some modules, or a folder with the configuration
 * @returns the copy's path
 * @throws UserError of opening and of writing
 */
export function scaleMotion(path: string, strength: number, dir: string): string {
  const { tensors, metadata } = openWeightsAt(path)
  const config = configBeside(path)
  const written = [...tensors.values()].map((tensor): TensorToWrite => {
    const { name, dtype, shape } = tensor
    if (!lastProjection.test(name)) return { name, dtype, shape, bytes: () => bytesOf(tensor) }
    const scaled = float32Of(tensor).map((value) => value * strength)
    return { name, dtype: 'F32', shape, bytes: new Uint8Array(scaled.buffer) }
  })
  const telling = tellingName(path)
  const name = isFolder(path) || telling !== basename(path) ? telling : parse(telling).name
  const isAlone = config === undefined && !isFolder(path)
  const copy = isAlone ? join(dir, `${name}.safetensors`) : join(dir, name)
  mkdirSync(isAlone ? dir : copy, { recursive: true })
  writeSafetensors(isAlone ? copy : join(copy, 'diffusion_pytorch_model.safetensors'), written, metadata)
  if (config !== undefined) writeFileSync(join(copy, 'config.json'), JSON.stringify(config))
  return copy
}
