// A LoRA reader: matches a file with the nets that it is to be applied to. Every tensor in it finds its weight, or is named as ignored.

import { UserError } from '../../errors.ts'
import type { Tensor, TensorFile } from '../tensor.ts'
import { assemble } from './assemble.ts'
import { unsupportedBase } from './base-model.ts'
import type { LoraDelta, ParsedLora } from './delta.ts'
import { assertFinite } from './finite.ts'
import { type LoraTarget, type Module, moduleFinder } from './modules.ts'
import { type TensorRole, tensorRoleOf } from './tensor-roles.ts'

/**
 * @param target the nets, as `partsOf` gives them; what a file has for absent nets is ignored
 * @throws UserError `lora-other-base` made for SDXL, SD 2 … · `lora-fits-nothing` · `lora-shape` names key, expected and got ·
 *   `lora-incomplete` · `lora-kind-unsupported` · `tensor-not-finite`
 */
export function readLora(file: TensorFile, target: LoraTarget): ParsedLora {
  const unsupported = unsupportedBase(file)
  if (unsupported)
    throw new UserError('lora-other-base', `${file.path} is a LoRA for ${unsupported}; only LoRAs for Stable Diffusion 1.x fit.`, {
      path: file.path,
      base: unsupported,
    })
  const find = moduleFinder(target)
  const ignored: string[] = []
  const adapters = new Map<string, { module: Module; tensors: Map<TensorRole, Tensor> }>()
  let unmatched = 0
  for (const [name, tensor] of file.tensors) {
    const named = tensorRoleOf(name)
    const module = named && find(named.module)
    if (named && module) {
      const adapter = adapters.get(named.module) ?? { module, tensors: new Map() }
      adapter.tensors.set(named.role, tensor)
      adapters.set(named.module, adapter)
    } else {
      if (named) unmatched++
      ignored.push(name)
    }
  }
  if (adapters.size === 0) throw fitsNothing(file, target, unmatched)

  const deltas: LoraDelta[] = []
  for (const { module, tensors } of adapters.values()) {
    const weights = target[module.part]!
    const made = assemble({
      file: file.path,
      module,
      tensors,
      weight: weights.get(`${module.path}.weight`)!,
      bias: weights.get(`${module.path}.bias`),
    })
    for (const tensor of tensors.values()) assertFinite(tensor)
    deltas.push(...made.deltas)
    ignored.push(...made.unused.map((tensor) => tensor.name))
  }
  return { path: file.path, deltas, ignored }
}

function fitsNothing(file: TensorFile, target: LoraTarget, unmatched: number): UserError {
  const [example] = file.tensors.keys()
  const onlyMotion = [...file.tensors.keys()].every((name) => name.includes('motion_modules'))
  const sentence =
    unmatched === 0
      ? `${file.path} is no LoRA: it has no tensor that one has (the first is ${example ?? 'missing'}).`
      : onlyMotion && !target.motion
        ? `${file.path} is a motion LoRA; it needs a motion module, and none is loaded.`
        : `No tensor of ${file.path} fits these nets; it was made for another model (its first is ${example}).`
  return new UserError('lora-fits-nothing', sentence, { path: file.path, example, unmatched })
}
