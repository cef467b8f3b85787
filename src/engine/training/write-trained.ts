// The file of trained weights: a safetensors file, or for what its tensors do not tell all about a folder as diffusers reads it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSafetensors } from '../checkpoint/safetensors/write-safetensors.ts'
import type { WrittenTrainee } from './trainee.ts'

/** @throws UserError of writeSafetensors */
export function writeTrained(out: string, { tensors, metadata, config }: WrittenTrainee, provenance: ReadonlyMap<string, string>): void {
  const header = new Map([...provenance, ...metadata])
  if (config) mkdirSync(out, { recursive: true })
  writeSafetensors(config ? join(out, 'diffusion_pytorch_model.safetensors') : out, tensors, header)
  if (config) writeFileSync(join(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
}
