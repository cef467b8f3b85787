// Adapter settings that stand outside the tensors: PEFT keeps alpha in a configuration, not in a tensor. diffusers writes it into the file's
// header (`lora_adapter_metadata`), PEFT itself into adapter_config.json beside the file.
// Sources: huggingface/diffusers src/diffusers/loaders/lora_base.py; huggingface/peft src/peft/tuners/lora/{config,layer}.py.

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { TensorFile } from '../tensor/tensor.ts'

/** What a trained delta is multiplied with, for a module (diffusers' path) and the rank of its factors; `undefined` where nothing says. */
export type ConfiguredScale = (module: string, rank: number) => number | undefined

/** A dict of PEFT's LoraConfig, LoHaConfig or LoKrConfig, as far as it changes the scale. */
const settings = z.object({
  lora_alpha: z.number().optional(),
  alpha: z.number().optional(),
  alpha_pattern: z.record(z.string(), z.number()).catch({}),
  use_rslora: z.boolean().catch(false),
})
type Settings = z.infer<typeof settings>

/** Of the file's text-encoder modules, and of all others. */
export function configuredScales(file: TensorFile): { readonly text: ConfiguredScale; readonly other: ConfiguredScale } {
  const header = objectIn(file.metadata.get('lora_adapter_metadata'))
  if (header) {
    const prefixed = (prefix: string): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(header).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
      )
    // A net that was saved alone has no prefix.
    return { text: scaleBy({ ...header, ...prefixed('text_encoder.') }), other: scaleBy({ ...header, ...prefixed('unet.') }) }
  }
  const beside = join(dirname(file.path), 'adapter_config.json')
  const itsOwn = /^adapter_model\.\w+$/.test(basename(file.path)) && existsSync(beside)
  const folder = itsOwn ? objectIn(readFileSync(beside, 'utf8')) : undefined
  const scale = folder ? scaleBy(folder) : () => undefined
  return { text: scale, other: scale }
}

function scaleBy(config: Readonly<Record<string, unknown>>): ConfiguredScale {
  const found = settings.safeParse({ alpha_pattern: undefined, use_rslora: undefined, ...config }).data
  if (!found) return () => undefined
  return (module, rank) => {
    const alpha = alphaFor(module, found)
    // Rank-stabilized LoRA: Kalajdzievski, arXiv 2312.03732.
    return alpha === undefined ? undefined : alpha / (found.use_rslora ? Math.sqrt(rank) : rank)
  }
}

/** A pattern is for modules that end with it. */
function alphaFor(module: string, { alpha_pattern: patterns, lora_alpha, alpha }: Settings): number | undefined {
  const pattern = Object.keys(patterns).find((key) => matches(key, module))
  return pattern === undefined ? (lora_alpha ?? alpha) : patterns[pattern]
}

function matches(pattern: string, module: string): boolean {
  if (module === pattern || module.endsWith(`.${pattern}`)) return true
  // PEFT reads it as a regular expression; from a stranger's file, only one that cannot run for long is tried.
  if (!/^\^?(?:\.[*+]|[\w.\\])*\$?$/.test(pattern) || pattern.split(/[*+]/).length > 4) return false
  try {
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(module)
  } catch {
    return false
  }
}

function objectIn(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
