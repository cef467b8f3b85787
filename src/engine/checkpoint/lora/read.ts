// A LoRA reader: matches a file with the nets that it is to be applied to. Every tensor in it finds its weight, or is named as ignored.

import { UserError } from '../../errors.ts'
import { partsOf } from '../dialects/parts.ts'
import { isVectors } from '../embedding.ts'
import { piecesOf } from '../tensor/pieces.ts'
import type { Tensor, TensorFile } from '../tensor/tensor.ts'
import { unsupportedModel } from '../unsupported-models.ts'
import { configuredScales } from './adapter-settings.ts'
import { assemble } from './assemble.ts'
import { unsupportedBase } from './base-model.ts'
import type { LoraDelta, ParsedLora } from './delta.ts'
import { assertFinite } from './finite.ts'
import { type LoraTarget, type Module, moduleFinder } from './modules.ts'
import { bundledWord, type TensorRole, tensorRoleOf } from './tensor-roles.ts'

/**
 * @param target the nets, as `partsOf` gives them; what a file has for absent nets is ignored
 * @throws UserError `lora-other-base` made for SDXL, SD 2 … · `lora-fits-nothing` · `lora-shape` names key, expected and got ·
 *   `lora-number` · `lora-incomplete` · `lora-kind-unsupported` · `lora-name-twice` · `tensor-not-finite`
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
  const words = new Map<string, Tensor>()
  const adapters = new Map<string, { module: Module; tensors: Map<TensorRole, Tensor> }>()
  let unmatched = 0
  for (const [name, tensor] of file.tensors) {
    const word = bundledWord(name)
    if (word !== undefined && isVectors(tensor)) {
      words.set(word, tensor)
      continue
    }
    const named = tensorRoleOf(name)
    const module = named && find(named.module)
    if (named && module) {
      // One module may stand under two names, say with its `diff` under one and its factors under the other.
      const place = `${module.part} ${module.path}`
      const adapter = adapters.get(place) ?? { module, tensors: new Map() }
      const before = adapter.tensors.get(named.role)
      if (before && !sameTensor(before, tensor)) throw saidTwice(file, module, before, tensor)
      if (!before) adapter.tensors.set(named.role, tensor)
      adapters.set(place, adapter)
    } else {
      if (named) unmatched++
      ignored.push(name)
    }
  }
  if (adapters.size === 0) throw fitsNothing(file, target, unmatched)

  const scales = configuredScales(file)
  const deltas: LoraDelta[] = []
  let scaleUnknown = false
  for (const { module, tensors } of adapters.values()) {
    const weights = target[module.part]!
    const scaleOf = module.part === 'text' ? scales.text : scales.other
    const made = assemble({
      file: file.path,
      module,
      tensors,
      weight: weights.get(`${module.path}.weight`)!,
      bias: weights.get(`${module.path}.bias`),
      scaleOf,
    })
    for (const tensor of tensors.values()) assertFinite(tensor)
    deltas.push(...made.deltas)
    ignored.push(...made.unused.map((tensor) => tensor.name))
    const [first] = tensors.values()
    scaleUnknown ||= first!.name.startsWith('base_model.model.') && !tensors.has('alpha') && scaleOf(module.path, 1) === undefined
  }
  if (deltas.length === 0 && words.size === 0) throw fitsNothing(file, target, ignored.length)
  return { path: file.path, deltas, ignored, words, scaleUnknown }
}

/** Programs write one adapter under the names of two others, so that both find it: it counts once. */
function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false
  const others = piecesOf(b)
  try {
    return piecesOf(a).every((piece) => Buffer.compare(piece, others.next().value!) === 0)
  } finally {
    // whose file is open until then
    others.return(undefined)
  }
}

const saidTwice = ({ path }: TensorFile, module: Module, first: Tensor, second: Tensor): UserError =>
  new UserError(
    'lora-name-twice',
    `${path} changes ${module.path} twice, by ${first.name} and by ${second.name}, and does not say which is meant.`,
    { path, module: module.path, first: first.name, second: second.name },
  )

function fitsNothing(file: TensorFile, target: LoraTarget, unmatched: number): UserError {
  const [example] = file.tensors.keys()
  const known =
    unmatched === 0 ? (unsupportedModel(file) ?? (partsOf(file).control && { sentence: 'is a SparseCtrl, and no LoRA.' })) : undefined
  if (known) return new UserError('lora-fits-nothing', `${file.path} ${known.sentence}`, { path: file.path, example, unmatched })
  const onlyMotion = [...file.tensors.keys()].every((name) => name.includes('motion_modules'))
  const sentence =
    unmatched === 0
      ? `${file.path} is no LoRA: it has no tensor that one has (the first is ${example ?? 'missing'}).`
      : onlyMotion && !target.motion
        ? `${file.path} is a motion LoRA; it needs a motion module, and none is loaded.`
        : `No tensor of ${file.path} fits these nets; it was made for another model (its first is ${example}).`
  return new UserError('lora-fits-nothing', sentence, { path: file.path, example, unmatched })
}
