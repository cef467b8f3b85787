// The files of trained weights: one of safetensors, or for what its tensors do not tell all about a folder as diffusers reads it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeSafetensors } from '../../checkpoint/safetensors/write-safetensors.ts'
import type { WrittenTrainee } from './trainee.ts'

/** @throws UserError of writeSafetensors */
export function writeTrained(out: string, files: WrittenTrainee, provenance: ReadonlyMap<string, string>): void {
  for (const file of files) {
    const path = join(out, file.path)
    mkdirSync(dirname(path), { recursive: true })
    if ('text' in file) writeFileSync(path, file.text)
    else writeSafetensors(path, file.tensors, new Map([...provenance, ...file.metadata]))
  }
}
