// A description of a LoRA file, without the nets that it is for: kinds of adapter, ranks, nets, base model, trigger words.

import { elementsOf, float32Of, type Tensor, type TensorFile } from '../tensor/tensor.ts'
import { configuredScales } from './adapter-settings.ts'
import { baseSaidBy, contextWidthOf } from './base-model.ts'
import { bundledWord, type TensorRole, tensorRoleOf } from './tensor-roles.ts'

export type LoraKind = 'lora' | 'locon' | 'tucker' | 'loha' | 'lokr' | 'glora' | 'dora' | 'ia3' | 'oft' | 'boft' | 'full' | 'norm'

export interface LoraDescription {
  /** Every kind of adapter in the file. `locon` is `lora` on convolutions wider than 1×1. */
  readonly kinds: readonly LoraKind[]
  /** Distinct ranks, ascending; none for kinds that have no rank. */
  readonly ranks: readonly number[]
  /** Distinct values of alpha, ascending, from wherever they stand (adapter-settings.ts); none means that nothing is divided. */
  readonly alphas: readonly number[]
  readonly parts: readonly ('unet' | 'text' | 'motion')[]
  /** Modules that it touches. */
  readonly modules: number
  /** Width of the text tokens that its cross-attention reads. */
  readonly contextWidth?: number
  /** The base and the name as its trainer wrote them: untrusted text. */
  readonly base?: string
  readonly title?: string
  readonly author?: string
  readonly license?: string
  /** The words that call for it, the most used in training first: untrusted text. */
  readonly triggerWords: readonly string[]
  /** Of textual inversions inside, without which it does not look as it was trained to: untrusted text. */
  readonly bundledWords: readonly string[]
}

export const maxTriggerWords = 12

const kindOfRole: Partial<Record<TensorRole, LoraKind>> = {
  mid: 'tucker',
  t1: 'tucker',
  kt2: 'tucker',
  bm: 'tucker',
  w1a: 'loha',
  k1: 'lokr',
  k1a: 'lokr',
  b1: 'glora',
  magnitude: 'dora',
  rowMagnitude: 'dora',
  by: 'ia3',
  diff: 'full',
  diffBias: 'full',
  normWeight: 'norm',
}

/** The file as a LoRA; `undefined` when no tensor in it belongs to one. */
export function describeLora(file: TensorFile): LoraDescription | undefined {
  const modules = new Set<string>()
  const kinds = new Set<LoraKind>()
  const ranks = new Set<number>()
  const alphas = new Set<number>()
  const parts = new Set<'unet' | 'text' | 'motion'>()
  const withAlpha = new Set<string>()
  const withRank = new Map<string, number>()
  let adapterTensors = 0
  for (const [name, tensor] of file.tensors) {
    const named = tensorRoleOf(name)
    if (!named) continue
    adapterTensors++
    modules.add(named.module)
    parts.add(partOf(named.module))
    const kind = kindOf(named.role, tensor)
    if (kind) kinds.add(kind)
    const rank = rankOf(named.role, tensor)
    if (rank !== undefined) {
      ranks.add(rank)
      withRank.set(named.module, rank)
    }
    // Any larger one is no alpha, and of any size: it is refused where the file is matched with its nets.
    if (named.role === 'alpha' && elementsOf(tensor.shape) === 1) {
      alphas.add(float32Of(tensor)[0]!)
      withAlpha.add(named.module)
    }
  }
  const scales = configuredScales(file)
  for (const [module, rank] of withRank) {
    const scale = withAlpha.has(module) ? undefined : scales[partOf(module) === 'text' ? 'text' : 'other'](module, rank)
    if (scale !== undefined) alphas.add(scale * rank)
  }
  // A model may have a name or two that end like an adapter's.
  if (kinds.size === 0 || adapterTensors * 2 < file.tensors.size) return undefined
  const ascending = (numbers: Set<number>): number[] => [...numbers].sort((a, b) => a - b)
  const said = { base: baseSaidBy(file), title: file.metadata.get('modelspec.title') ?? file.metadata.get('ss_output_name') }
  const more = {
    author: file.metadata.get('modelspec.author'),
    license: file.metadata.get('modelspec.license'),
    contextWidth: contextWidthOf(file),
  }
  return {
    kinds: [...kinds],
    ranks: ascending(ranks),
    alphas: ascending(alphas),
    parts: [...parts],
    modules: modules.size,
    ...present({ ...said, ...more }),
    triggerWords: triggerWordsOf(file.metadata),
    bundledWords: [...new Set([...file.tensors.keys()].flatMap((name) => bundledWord(name) ?? []))],
  }
}

function kindOf(role: TensorRole, { shape }: Tensor): LoraKind | undefined {
  if (role === 'down') return shape.slice(2).some((side) => side > 1) ? 'locon' : 'lora'
  if (role === 'blocks' || role === 'turns') return shape.length === 4 ? 'boft' : 'oft'
  return kindOfRole[role]
}

function partOf(module: string): 'unet' | 'text' | 'motion' {
  if (module.includes('motion_modules')) return 'motion'
  return /^lora_te\d?_|^text_encoder\.|text_model|self_attn/.test(module) ? 'text' : 'unet'
}

/** The side that every factor of one rank shares. */
function rankOf(role: TensorRole, { shape }: Tensor): number | undefined {
  if (role === 'down' || role === 'w1b' || role === 'k1b' || role === 'k2b') return shape[0]
  if (role === 'mid' || role === 't1' || role === 'kt2') return shape[1]
  return role === 'b1' ? Math.min(...shape.slice(0, 2)) : undefined
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without the fields that are undefined. */
const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>

/** The phrase that the file names, then the tags that more than one training picture has, most used first. What one alone has is a sentence. */
function triggerWordsOf(metadata: ReadonlyMap<string, string>): string[] {
  const phrase = metadata.get('modelspec.trigger_phrase')
  const counts = new Map<string, number>()
  for (const tags of Object.values(objectOf(metadata.get('ss_tag_frequency')))) {
    for (const [tag, count] of Object.entries(objectOf(tags))) {
      const word = tag.trim().replaceAll(/\s+/g, ' ')
      if (word !== '' && typeof count === 'number') counts.set(word, (counts.get(word) ?? 0) + count)
    }
  }
  const tags = [...counts]
    .filter(([, count]) => count > 1)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([word]) => word)
  return [...new Set([...(phrase?.split(',') ?? []).map((word) => word.trim()).filter(Boolean), ...tags])].slice(0, maxTriggerWords)
}

/** A JSON object, or the text of one; anything else is empty: trainers write what they like. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'string') return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  try {
    return objectOf(JSON.parse(value) as object)
  } catch {
    return {}
  }
}
