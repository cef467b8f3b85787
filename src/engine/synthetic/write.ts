// Synthetic checkpoints: files of SD 1.5's and AnimateDiff's exact names and shapes with random weights, to measure the real size without
// the real files. Each layer keeps the size of what goes through it, so that no activation overflows and no timing meets denormal numbers.

import { existsSync, mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { flipped, translator } from '../checkpoint/dialects/table.ts'
import { layoutOfDiffusers, ldmUNet } from '../checkpoint/dialects/unet.ts'
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors/write-safetensors.ts'
import { byteLengthOf, elementsOf } from '../checkpoint/tensor/tensor.ts'
import { UserError } from '../errors.ts'
import { type Fill, randomFill } from './fill.ts'
import { clipText, officialModules, type Shapes, sd15UNet, sd15Vae } from './sd15.ts'

export interface SyntheticFiles {
  /** One file, in the layout of the original checkpoints. */
  readonly checkpoint: string
  readonly motion: { readonly v2: string; readonly v3: string }
}

/** The files in `folder`; those that are not there yet are written. @throws UserError `no-disk-space` before anything is begun */
export function syntheticSd15(
  folder: string,
  {
    onWrite = () => {},
    freeBytes = freeOn,
  }: { onWrite?: (path: string, bytes: number) => void; freeBytes?: (folder: string) => number } = {},
): SyntheticFiles {
  const files = {
    checkpoint: join(folder, 'sd15.safetensors'),
    motion: { v2: join(folder, 'motion-v2.safetensors'), v3: join(folder, 'motion-v3.safetensors') },
  }
  const wanted: readonly (readonly [path: string, shapes: Shapes])[] = [
    [files.checkpoint, checkpointShapes()],
    [files.motion.v2, officialModules({ mid: true })],
    [files.motion.v3, officialModules()],
  ]
  const missing = wanted.filter(([path]) => !existsSync(path))
  const sizeOf = (shapes: Shapes): number => shapes.values().reduce((sum, shape) => sum + byteLengthOf({ dtype: 'F16', shape }), 0)
  const needed = missing.reduce((sum, [, shapes]) => sum + sizeOf(shapes), 0)
  if (needed > 0) {
    mkdirSync(folder, { recursive: true })
    refuseFullDisk(folder, needed, freeBytes(folder))
  }
  for (const [i, [path, shapes]] of missing.entries()) {
    onWrite(path, sizeOf(shapes))
    writeRandom(path, shapes, randomFill(i + 1))
  }
  return files
}

function checkpointShapes(): Shapes {
  const unet = sd15UNet()
  const toLdm = translator(flipped(ldmUNet(layoutOfDiffusers(unet.keys()))))
  return new Map([
    ...[...unet].map(([name, shape]) => [`model.diffusion_model.${toLdm(name)}`, shape] as const),
    ...[...sd15Vae()].map(([name, shape]) => [`first_stage_model.${name}`, shape] as const),
    ...[...clipText()].map(([name, shape]) => [`cond_stage_model.transformer.${name}`, shape] as const),
  ])
}

function writeRandom(path: string, shapes: Shapes, fill: Fill): void {
  const tensors = [...shapes].map(([name, shape]): TensorToWrite => ({ name, dtype: 'F16', shape, bytes: () => weight(name, shape, fill) }))
  writeSafetensors(path, tensors, new Map([['format', 'pt']]))
}

function weight(name: string, shape: readonly number[], fill: Fill): Uint8Array {
  if (name.endsWith('.bias')) return fill(shape, 0.02)
  if (name.includes('embedding.weight')) return fill(shape, 0.02)
  if (shape.length === 1) return fill(shape, 0.1, 1) // the scale of a norm
  return fill(shape, Math.sqrt(3 / elementsOf(shape.slice(1)))) // of variance 1 / inputs
}

function freeOn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function refuseFullDisk(folder: string, needed: number, free: number): void {
  if (free > needed) return
  const inGb = (bytes: number): string => (bytes / 1e9).toFixed(1)
  throw new UserError(
    'no-disk-space',
    `Random weights of SD 1.5’s size take ${inGb(needed)} GB; the disk of ${folder} has ${inGb(free)} GB left.`,
    { path: folder, totalBytes: needed, free },
  )
}
