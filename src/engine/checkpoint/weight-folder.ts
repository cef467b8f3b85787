// A folder of weights, as diffusers and transformers save one net: a file under one of their names, a variant of it, or shards with an
// index that says which tensor lies in which.

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../errors.ts'
import { openTensorFile } from './open.ts'
import { quoteUntrusted } from './quote-untrusted.ts'
import type { Tensor, TensorFile } from './tensor/tensor.ts'

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** One net's file, or the folder that holds it. @throws UserError `folder-weights`, `folder-shards`, and those of opening a file */
export function openWeightsAt(path: string): TensorFile {
  if (!isFolder(path)) return openTensorFile(path)
  const name = chosenIn(path)
  return name.endsWith('.json') ? openShards(path, name) : openTensorFile(join(path, name))
}

/**
 * The config.json of a folder; also of a file in one, where it has a name that says nothing without its folder.
 * @throws UserError `json-broken`
 */
export function configBeside(path: string): unknown {
  if (!isFolder(path) && !standard.test(basename(path))) return undefined
  const config = join(isFolder(path) ? path : dirname(path), 'config.json')
  return existsSync(config) ? readJson(config) : undefined
}

/** @throws UserError `json-broken` */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new UserError('json-broken', `${path} is not JSON.`, { path }, { cause })
  }
}

/** diffusers' and transformers' names: `diffusion_pytorch_model.fp16.safetensors`. */
const standard = /^(?<stem>diffusion_pytorch_model|model|pytorch_model)(?:\.(?<variant>[\w-]+))?\.(?<format>safetensors|bin)$/
/** Their indices of shards, with the variant before or behind. */
const index =
  /^(?<stem>diffusion_pytorch_model|model|pytorch_model)(?:\.(?<before>[\w-]+))?\.(?<format>safetensors|bin)\.index(?:\.(?<behind>[\w-]+))?\.json$/
const anyWeights = /\.(safetensors|ckpt|bin|pt|pth)$/i
const shard = /-\d{5}-of-\d{5}\.\w+$/

const stems = ['diffusion_pytorch_model', 'model', 'pytorch_model']
const formats = ['safetensors', 'bin']
/** Best first. Halves are what many folders hold; `non_ema` is for further training. Others that are not known come before it. */
const variants = [undefined, 'fp32', 'fp16', 'bf16', 'ema']
const lastVariant = 'non_ema'

interface Candidate {
  readonly name: string
  readonly rank: readonly number[]
}

/** @throws UserError `folder-weights` */
function chosenIn(folder: string): string {
  const names = readdirSync(folder).sort()
  const candidates = names.flatMap((name): Candidate[] => {
    const whole = shard.test(name) ? undefined : standard.exec(name)?.groups
    const listed = index.exec(name)?.groups
    const found = whole ?? listed
    if (!found) return []
    const variant = whole ? whole['variant'] : (listed?.['before'] ?? listed?.['behind'])
    return [{ name, rank: [stems.indexOf(found['stem']!), formats.indexOf(found['format']!), rankOf(variant), listed ? 1 : 0] }]
  })
  const [best] = candidates.toSorted(byRank)
  if (best) return best.name
  const others = names.filter((name) => anyWeights.test(name) && !shard.test(name))
  if (others.length === 1) return others[0]!
  const lie = names.filter((name) => name !== 'config.json').slice(0, 4)
  const there =
    others.length > 1
      ? `holds ${others.length} files of weights and does not say which is meant: ${others.slice(0, 3).join(', ')}${others.length > 3 ? ' …' : ''}; name one`
      : `holds no weights${lie.length > 0 ? ` (${lie.join(', ')})` : ''}; expected one of diffusion_pytorch_model.safetensors, model.safetensors, pytorch_model.bin …`
  throw new UserError('folder-weights', `${folder} ${there}.`, { folder, there: lie })
}

function rankOf(variant: string | undefined): number {
  if (variant === lastVariant) return variants.length + 1
  const at = variants.indexOf(variant)
  return at === -1 ? variants.length : at
}

function byRank({ rank: a, name: m }: Candidate, { rank: b, name: n }: Candidate): number {
  const i = a.findIndex((value, k) => value !== b[k])
  return i === -1 ? (m < n ? -1 : 1) : a[i]! - b[i]!
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

/** Every tensor of the index, as one file that is called like its folder. @throws UserError `folder-shards`, `json-broken` */
function openShards(folder: string, name: string): TensorFile {
  const path = join(folder, name)
  const broken = (why: string): UserError => new UserError('folder-shards', `${path} ${why}.`, { path })
  const { data } = indexSchema.safeParse(readJson(path))
  if (!data) throw broken('lists no shards: expected a weight_map of tensors and files')
  const shards = new Map<string, TensorFile>()
  const tensors = new Map<string, Tensor>()
  for (const [tensor, file] of Object.entries(data.weight_map)) {
    // Anything else would point out of the folder.
    if (basename(file) !== file || file.includes('\\'))
      throw broken(`places a tensor in ${quoteUntrusted(file)}, which is no file of its folder`)
    if (!shards.has(file) && !existsSync(join(folder, file))) throw broken(`places tensors in ${quoteUntrusted(file)}, which is not there`)
    const opened = shards.get(file) ?? openTensorFile(join(folder, file))
    shards.set(file, opened)
    const found = opened.tensors.get(tensor)
    if (!found) throw broken(`places ${quoteUntrusted(tensor)} in ${quoteUntrusted(file)}, which does not hold it`)
    tensors.set(tensor, found)
  }
  const [first] = shards.values()
  if (!first) throw broken('lists no shards: its weight_map is empty')
  return { path: realpathSync(folder), container: first.container, tensors, metadata: first.metadata }
}
