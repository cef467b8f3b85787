// Report cases: files and prompts that people brought, each with what must become of it. A folder of them has a cases.json.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { identify } from '../../src/engine/checkpoint/identify/identify.ts'
import { mergedName, mergedWeights } from '../../src/engine/checkpoint/lora/merge/merged-weights.ts'
import { readLora } from '../../src/engine/checkpoint/lora/read.ts'
import { planLoras, shapesIn } from '../../src/engine/checkpoint/lora/runtime/adapter-plan.ts'
import { openTensorFile } from '../../src/engine/checkpoint/open.ts'
import { float32Of } from '../../src/engine/checkpoint/tensor/tensor.ts'
import { UserError } from '../../src/engine/errors.ts'
import type { EngineInput, EngineOutput } from '../../src/engine/pipeline/engine.ts'
import { netsOf, openModel } from '../../src/engine/pipeline/model/model.ts'
import { styleFileOf } from '../../src/styles/admin/registration.ts'
import { tiny } from '../engine/cpu-session.ts'
import { apart, type CountingEngine } from '../engine/pipeline/counting-engine.ts'

const draw = z.object({
  checkpoint: z.string(),
  motion: z.string().nullish(),
  vae: z.string().optional(),
  width: z.int(),
  height: z.int(),
  frames: z.int(),
  lora: z.array(z.string()).default([]),
  embedding: z.array(z.string()).default([]),
  prompt: z.string(),
  more: z.object({ sampler: z.string(), steps: z.int(), guidance: z.number() }).partial().default({}),
})
type Draw = z.infer<typeof draw>

const pair = { draw, twin: draw }
const reportCase = z.intersection(
  z.object({ file: z.string() }),
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('same'), ...pair }),
    z.object({ kind: z.literal('sameOrRefused'), ...pair }),
    z.object({ kind: z.literal('notSame'), ...pair }),
    z.object({ kind: z.literal('draws'), draw }),
    z.object({ kind: z.literal('refused'), draw }),
    z.object({ kind: z.literal('noteOrFewSteps'), draw }),
    z.object({
      kind: z.literal('merge'),
      lora: z.string(),
      strength: z.number(),
      expected: z.string(),
      motion: z.string().default('motion_v3'),
    }),
    z.object({ kind: z.literal('version'), version: z.string() }),
    z.object({ kind: z.literal('word'), word: z.string() }),
    z.object({ kind: z.literal('sentence'), match: z.string() }),
    z.object({ kind: z.literal('prompts') }),
  ]),
)
export type ReportCase = z.infer<typeof reportCase>

const prompts = z.array(z.object({ prompt: z.string(), same: z.string(), steps: z.int().optional() }))

export function reportCases(dir: string): ReportCase[] {
  const path = join(dir, 'cases.json')
  if (!existsSync(path)) throw new UserError('cases-missing', `${dir} has no cases.json.`, { dir })
  return z.array(reportCase).parse(JSON.parse(readFileSync(path, 'utf8')))
}

/** @throws AssertionError where something else happens than must */
export async function playCase(dir: string, it: ReportCase, engine: CountingEngine): Promise<void> {
  const path = (name: string): string => (name.startsWith('@tiny/') ? join(tiny, name.slice(6)) : join(dir, name))
  const drawn = (what: Draw): Promise<EngineOutput> => engine.drawn(inputOf(what, path))
  switch (it.kind) {
    case 'same':
      return assertSame(await drawn(it.draw), await drawn(it.twin))
    case 'sameOrRefused': {
      const made = await orRefused(drawn(it.draw))
      if (!(made instanceof UserError)) assertSame(made, await drawn(it.twin))
      return
    }
    case 'notSame': {
      const made = await orRefused(drawn(it.draw))
      if (!(made instanceof UserError)) assert.ok(apart(made.frames, (await drawn(it.twin)).frames) > 0.1, 'it is drawn as its twin is')
      return
    }
    case 'draws':
      await drawn(it.draw)
      return
    case 'refused': {
      const made = await orRefused(drawn(it.draw))
      assert.ok(made instanceof UserError, 'it is drawn')
      return
    }
    case 'noteOrFewSteps': {
      const { notes, schedule } = await drawn(it.draw)
      assert.ok(notes.length > 0 || (schedule.sampler.steps <= 8 && schedule.guidance <= 3), JSON.stringify(schedule))
      return
    }
    case 'merge':
      return assertMerged(path(it.lora), it.strength, join(tiny, `${it.motion}.safetensors`), path(it.expected))
    case 'version': {
      const identity = identify(openTensorFile(path(it.file)))
      assert.ok(identity.kind === 'motion-module', identity.kind)
      assert.equal(identity.motion.version, it.version)
      return
    }
    case 'word':
      return assert.equal(wordOf(path(it.file)), it.word)
    case 'sentence': {
      const identity = identify(openTensorFile(path(it.file)))
      assert.ok(identity.kind === 'refused', `it is taken as ${identity.kind}`)
      assert.match(identity.sentence, new RegExp(it.match))
      return
    }
    case 'prompts':
      for (const { prompt, same, steps = 4 } of prompts.parse(JSON.parse(readFileSync(path(it.file), 'utf8')))) {
        const still = (words: string): Promise<EngineOutput> =>
          engine.drawn({ ...smallStill, model: { checkpoint: join(tiny, 'checkpoint.safetensors'), loras: [] }, prompt: words, steps })
        assertSame(await still(prompt), await still(same), prompt)
      }
  }
}

const smallStill = { negative: '', width: 64, height: 64, frames: 1, seed: 7n } as const

function inputOf({ checkpoint, motion, vae, lora, embedding, more, ...rest }: Draw, path: (name: string) => string): EngineInput {
  const embeddings = embedding.map((file) => ({ file: path(file), word: basename(file).replace(/\.\w+$/, '') }))
  return {
    model: {
      checkpoint: path(checkpoint),
      ...(motion && { motion: path(motion) }),
      ...(vae !== undefined && { vae: path(vae) }),
      loras: lora.map((file) => ({ file: path(file), strength: 1 })),
      ...(embeddings.length > 0 && { embeddings }),
    },
    negative: '',
    seed: 7n,
    ...rest,
    ...(more as Pick<EngineInput, 'sampler' | 'steps' | 'guidance'>),
  }
}

async function orRefused<T>(work: Promise<T>): Promise<T | UserError> {
  return work.catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error
    return error
  })
}

const assertSame = (made: EngineOutput, twin: EngineOutput, what = ''): void =>
  assert.ok(apart(made.frames, twin.frames) < 0.01, `${what} ${apart(made.frames, twin.frames)} apart from its twin`)

/** Nothing of the file is left over, and the weights of `expected`, `net/weight` in diffusers' names, are what it says. */
function assertMerged(file: string, strength: number, motion: string, expected: string): void {
  const nets = netsOf(openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion }))
  const lora = readLora(openTensorFile(file), nets)
  assert.deepEqual(lora.ignored, [])
  const { merged } = planLoras([{ lora, strength, merged: true }], shapesIn(nets))
  const made = new Map(mergedWeights(merged, nets).map((weight) => [mergedName(weight), weight.values()]))
  const answers = openTensorFile(expected).tensors
  assert.ok(answers.size > 0)
  for (const [name, tensor] of answers) {
    const values = made.get(name)
    assert.ok(values, `${name} is left as it was`)
    const error = relativeError(values, float32Of(tensor))
    assert.ok(error < 1e-4, `${name}: ${error} off`)
  }
}

function relativeError(made: Float32Array, expected: Float32Array): number {
  assert.equal(made.length, expected.length)
  let [apart, size] = [0, 0]
  for (const [i, value] of expected.entries()) {
    apart += (made[i]! - value) ** 2
    size += value ** 2
  }
  return Math.sqrt(apart / size)
}

/** What a style that is made of the file answers to. */
function wordOf(file: string): string | undefined {
  const opened = openTensorFile(file)
  const inspection = { identity: identify(opened), metadata: opened.metadata, base: 0, ignored: 0 }
  const taken = { name: basename(file), source: 'file:', incoming: file, bytes: 0, sha256: '', inspection }
  return styleFileOf(taken, { name: 'any', extend: false }).word
}
