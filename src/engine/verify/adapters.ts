// LoRA verification: every kind against what the nets then compute, merged into the weights, and at run time where that can be.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Comparison, compare } from '../arrays/comparison.ts'
import { lowRankFactors } from '../checkpoint/lora/merge/merge.ts'
import { mergedName, mergedWeights } from '../checkpoint/lora/merge/merged-weights.ts'
import { readLora } from '../checkpoint/lora/read.ts'
import { planLoras, shapesIn } from '../checkpoint/lora/runtime/adapter-plan.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { tensorOf } from '../checkpoint/tensor/tensor.ts'
import { UserError } from '../errors.ts'
import { textGraph } from '../pipeline/graphs.ts'
import { withTensors } from '../pipeline/loras/merged-weights-cache.ts'
import { noRuntimeAdapters, type RuntimeAdapters, rankIn, runtimeAdapters } from '../pipeline/loras/runtime-adapters.ts'
import { type Model, netsOf } from '../pipeline/model/model.ts'
import { checkMotion } from './nets.ts'
import type { ReferenceTensors } from './reference-tensors.ts'
import { runOnce, type TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'

/** One LoRA file and what it makes of the nets at a strength. */
export interface Adapted {
  /** `lora.kohya_0.8`: references begin with it. */
  readonly name: string
  readonly file: string
  readonly strength: number
  readonly motion: string
}

/** Every LoRA that the references speak of. @throws UserError `verify-file` where one is not in the folder */
export function adaptedIn(dir: string, references: ReferenceTensors): Adapted[] {
  const found = new Map<string, Adapted>()
  for (const answer of references.names) {
    const parts = /^(?<name>(?<kind>lora|lyco)\.(?<which>.+)_(?<strength>\d+(?:\.\d+)?))\.(?:eps|context)$/.exec(answer)?.groups
    if (!parts) continue
    const [name, which] = [parts['name']!, parts['which']!]
    const candidates =
      parts['kind'] === 'lyco' ? [`lyco_${which}`] : which.startsWith('motion') ? ['motion_lora'] : [`lora_${which}`, which]
    const file = candidates.map((it) => join(dir, `${it}.safetensors`)).find((path) => existsSync(path))
    if (!file) {
      const expected = `${candidates.join(' or ')}.safetensors`
      throw new UserError('verify-file', `${references.path} answers for ${name}, but ${dir} has no ${expected}.`, { dir, name, expected })
    }
    const motion = /^motion_(v\d)$/.exec(which)?.[1] ?? 'v3'
    found.set(name, { name, file, strength: Number(parts['strength']), motion })
  }
  return [...found.values()]
}

/** Merged, and, where all of the file is low-rank, also applied at run time. */
export async function* checkAdapted(
  model: Model,
  { name, file, strength }: Adapted,
  references: ReferenceTensors,
  session: TestSession,
): AsyncGenerator<Comparison> {
  const lora = readLora(openTensorFile(file), netsOf(model))
  const shapeOf = shapesIn(netsOf(model))
  const { merged } = planLoras([{ lora, strength, merged: true }], shapeOf)
  const tensors = mergedWeights(merged, netsOf(model)).map((it) => tensorOf(mergedName(it), it.shape, it.values()))
  yield* checkOne({ model: withTensors(model, tensors), adapters: noRuntimeAdapters(model), way: 'merged' }, name, references, session)

  const { adapters: low, merged: rest } = planLoras([{ lora, strength, merged: false }], shapeOf)
  if (rest.length > 0) return
  const adapters = runtimeAdapters(model, low, ({ delta }) => ({ ...lowRankFactors(delta), rank: delta.rank }))
  yield* checkOne({ model, adapters, way: 'run time' }, name, references, session)
}

interface OneWay {
  readonly model: Model
  readonly adapters: RuntimeAdapters
  readonly way: 'merged' | 'run time'
}

async function* checkOne(
  { model, adapters, way }: OneWay,
  name: string,
  references: ReferenceTensors,
  session: TestSession,
): AsyncGenerator<Comparison> {
  let context: Float32Array | undefined
  if (references.has(`${name}.context`)) {
    context = references.values(`${name}.context`)
    const [prompts, L, D] = references.shape(`${name}.context`) as [number, number, number]
    const { needed, feeds } = adapters.text
    const graph = textGraph(model, session.target, { prompts, adapterRank: rankIn(model, needed) })
    const [result] = await runOnce(session, graph, [{ ids: Int32Array.from(references.values('text.ids')), ...feeds(needed) }])
    yield named(compare(`${name}.context`, 'relative', result!.hidden!, context, tolerancesFor(session.target, graph).net), way)
    // The guidance pair: the empty prompt, which is the last, then the first.
    context = Float32Array.of(...context.subarray((prompts - 1) * L * D), ...context.subarray(0, L * D))
  }
  if (!references.has(`${name}.eps`)) return
  const wanted = [{ name: `${name}.eps`, t: adapterTimestep(references) }]
  for await (const row of checkMotion(model, wanted, references, session, { context, adapters: adapters.unet(true) })) yield named(row, way)
}

const named = (row: Comparison, way: OneWay['way']): Comparison => ({ ...row, tensor: `${row.tensor} ${inWords[way]}` })

const inWords: Readonly<Record<OneWay['way'], string>> = { merged: 'merged', 'run time': 'beside' }

/** What all references with LoRAs were computed at. */
export const adapterTimestep = ({ metadata }: ReferenceTensors): number => Number(metadata.get('timestep') ?? 481)
