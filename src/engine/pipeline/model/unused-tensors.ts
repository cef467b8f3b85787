// Unused tensors: what a model's files hold and no net asks for. A weight that is missing is an error; one too many is worth a sentence,
// for then the file is perhaps not what it was taken for.

import { basename } from 'node:path'
import type { Note } from '../../errors.ts'
import { sparseControlPath } from '../../nets/sparse-control.ts'
import { cpu, noWinograd } from '../../targets/cpu.ts'
import { chunkLength } from '../../text/chunks.ts'
import { decoderGraph, encoderGraph, textGraph, unetGraph } from '../graphs.ts'
import type { Model } from './model.ts'

/**
 * Writes every graph once, small, to see what it asks for.
 * @throws UserError where a net lacks a weight, or has one of another shape
 */
export function unusedTensors(model: Model): Note[] {
  const target = cpu(noWinograd)
  const asked = { text: new Set<string>(), unet: new Set<string>(), vae: new Set<string>() }
  // Of a SparseCtrl's first convolution the weight is in the file and never counts.
  asked.unet.add(`${sparseControlPath}.conv_in.weight`)
  const size = { pictures: 1, h: 8, w: 8 }
  textGraph(model, target, { prompts: 1, asked: asked.text })
  unetGraph(model, target, {
    animations: 1,
    frames: model.motion || model.control ? 2 : 1,
    h: 8,
    w: 8,
    tokens: chunkLength,
    asked: asked.unet,
  })
  const { encoder } = model.vae.architecture
  decoderGraph(model, target, { ...size, asked: asked.vae })
  if (encoder) encoderGraph(model, target, { ...size, asked: asked.vae })

  const unused = new Map(model.leftAside.map(({ file, names }) => [file, [...names]]))
  for (const [net, names, before] of [
    [model.text, asked.text, ''],
    [model.unet, asked.unet, ''],
    [model.motion, asked.unet, ''],
    [model.control, asked.unet, `${sparseControlPath}.`],
    [model.vae, asked.vae, ''],
  ] as const) {
    const more = [...(net?.tensors.keys() ?? [])].filter((name) => !names.has(before + name))
    if (net && more.length > 0) unused.set(net.file, [...(unused.get(net.file) ?? []), ...more])
  }
  return [...unused].flatMap(([file, names]) => unusedNotes(file, names))
}

/** One note, or none where nothing is left over. */
export function unusedNotes(path: string, [first, ...others]: readonly string[]): Note[] {
  if (first === undefined) return []
  const [file, count] = [basename(path), others.length + 1]
  const which = count === 1 ? `one tensor of ${file}: ${first}` : `${count} tensors of ${file}: ${first} …`
  return [{ code: 'tensors-unused', message: `Nothing here takes ${which}`, data: { file, count, first } }]
}
