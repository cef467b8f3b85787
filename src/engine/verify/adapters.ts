// LoRAs of every kind, merged into the weights, against what the nets then say.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mergeDelta } from '../checkpoint/lora/merge.ts'
import { readLora } from '../checkpoint/lora/read.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { float32Of, type Tensor, tensorOf } from '../checkpoint/tensor.ts'
import { UserError } from '../errors.ts'
import { textGraph } from '../pipeline/graphs.ts'
import type { Model, Net } from '../pipeline/model.ts'
import type { Answers } from './answers.ts'
import { checkMotion } from './nets.ts'
import { type Rig, runOnce } from './rig.ts'
import { compare, type Row } from './row.ts'
import { tolerancesFor } from './tolerance.ts'

/** One LoRA file and what it makes of the nets at a strength. */
export interface Adapted {
  /** `lora.kohya_0.8`: answers begin with it. */
  readonly name: string
  readonly file: string
  readonly strength: number
  readonly motion: string
}

/** Every LoRA that the answers speak of. @throws UserError `verify-file` where one is not in the folder */
export function adaptedIn(dir: string, answers: Answers): Adapted[] {
  const found = new Map<string, Adapted>()
  for (const answer of answers.names) {
    const parts = /^(?<name>(?<kind>lora|lyco)\.(?<which>.+)_(?<strength>\d+(?:\.\d+)?))\.(?:eps|context)$/.exec(answer)?.groups
    if (!parts) continue
    const [name, which] = [parts['name']!, parts['which']!]
    const candidates =
      parts['kind'] === 'lyco' ? [`lyco_${which}`] : which.startsWith('motion') ? ['motion_lora'] : [`lora_${which}`, which]
    const file = candidates.map((it) => join(dir, `${it}.safetensors`)).find((path) => existsSync(path))
    if (!file) {
      const expected = `${candidates.join(' or ')}.safetensors`
      throw new UserError('verify-file', `${answers.path} answers for ${name}, but ${dir} has no ${expected}.`, { dir, name, expected })
    }
    const motion = /^motion_(v\d)$/.exec(which)?.[1] ?? 'v3'
    found.set(name, { name, file, strength: Number(parts['strength']), motion })
  }
  return [...found.values()]
}

export async function* checkAdapted(model: Model, { name, file, strength }: Adapted, answers: Answers, rig: Rig): AsyncGenerator<Row> {
  const merged = withLora(model, file, strength)
  let context: Float32Array | undefined
  if (answers.has(`${name}.context`)) {
    context = answers.values(`${name}.context`)
    const [prompts, L, D] = answers.shape(`${name}.context`) as [number, number, number]
    const graph = textGraph(merged, rig.target, { prompts, clipSkip: 1 })
    const [result] = await runOnce(rig, graph, [{ ids: Int32Array.from(answers.values('text.ids')) }])
    yield compare(`${name}.context`, 'relative', result!.hidden!, context, tolerancesFor(rig.target, graph).net)
    // The guidance pair: the empty prompt, which is the last, then the first.
    context = Float32Array.of(...context.subarray((prompts - 1) * L * D), ...context.subarray(0, L * D))
  }
  if (answers.has(`${name}.eps`)) yield* checkMotion(merged, [{ name: `${name}.eps`, t: adapterTimestep(answers) }], answers, rig, context)
}

/** What all answers with LoRAs were computed at. */
export const adapterTimestep = ({ metadata }: Answers): number => Number(metadata.get('timestep') ?? 481)

/** The model with a LoRA merged into it. */
function withLora(model: Model, file: string, strength: number): Model {
  const { text, unet, motion } = model
  const nets = { text: text.tensors, unet: unet.tensors, ...(motion ? { motion: motion.tensors } : {}) }
  const changed = { text: new Map(text.tensors), unet: new Map(unet.tensors), motion: new Map(motion?.tensors) }
  for (const delta of readLora(openTensorFile(file), nets).deltas) {
    const tensors: Map<string, Tensor> = changed[delta.part]
    const { shape, name, ...tensor } = tensors.get(delta.weight)!
    tensors.set(delta.weight, tensorOf(name, shape, mergeDelta(float32Of({ name, shape, ...tensor }), shape, delta, strength)))
  }
  const having = <A>(net: Net<A>, tensors: Map<string, Tensor>): Net<A> => ({ ...net, tensors })
  return {
    ...model,
    text: having(text, changed.text),
    unet: having(unet, changed.unet),
    motion: motion && having(motion, changed.motion),
  }
}
