// Reads a LoRA file for the nets that it is to be laid on: every tensor in it finds its weight, or is named as ignored.

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
  const foreign = unsupportedBase(file)
  if (foreign)
    throw new UserError('lora-other-base', `${file.path} is a LoRA for ${foreign}; only LoRAs for Stable Diffusion 1.x fit.`, {
      path: file.path,
      base: foreign,
    })
  const find = moduleFinder(target)
  const ignored: string[] = []
  const adapters = new Map<string, { module: Module; slots: Map<TensorRole, Tensor> }>()
  let strangers = 0
  for (const [name, tensor] of file.tensors) {
    const place = tensorRoleOf(name)
    const module = place && find(place.module)
    if (place && module) {
      const adapter = adapters.get(place.module) ?? { module, slots: new Map() }
      adapter.slots.set(place.slot, tensor)
      adapters.set(place.module, adapter)
    } else {
      if (place) strangers++
      ignored.push(name)
    }
  }
  if (adapters.size === 0) throw fitsNothing(file, target, strangers)

  const deltas: LoraDelta[] = []
  for (const { module, slots } of adapters.values()) {
    const tensors = target[module.part]!
    const made = assemble({
      file: file.path,
      module,
      slots,
      weight: tensors.get(`${module.path}.weight`)!,
      bias: tensors.get(`${module.path}.bias`),
    })
    for (const tensor of slots.values()) assertFinite(tensor)
    deltas.push(...made.deltas)
    ignored.push(...made.unused.map((tensor) => tensor.name))
  }
  return { path: file.path, deltas, ignored }
}

function fitsNothing(file: TensorFile, target: LoraTarget, strangers: number): UserError {
  const [example] = file.tensors.keys()
  const onlyMotion = [...file.tensors.keys()].every((name) => name.includes('motion_modules'))
  const sentence =
    strangers === 0
      ? `${file.path} is no LoRA: it has no tensor that one has (the first is ${example ?? 'missing'}).`
      : onlyMotion && !target.motion
        ? `${file.path} is a motion LoRA; it needs a motion module, and none is loaded.`
        : `No tensor of ${file.path} fits these nets; it was made for another model (its first is ${example}).`
  return new UserError('lora-fits-nothing', sentence, { path: file.path, example, strangers })
}
