// A self-test of a GPU against the CPU. Fused attention has been wrong by several per cent on more than one driver and nothing said so,
// so every kind that the nets use is held against the CPU when a device starts; what fails is written in the exact form.

import { relativeError } from '../arrays/comparison.ts'
import type { Device } from '../device-names.ts'
import { UserError } from '../errors.ts'
import { torchGenerator } from '../noise.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import { Cast, MatMul } from '../onnx/ops.ts'
import type { Ability, Precision } from '../targets/ability.ts'
import { type AttentionForm, fusedAttention, plainAttention } from '../targets/attention.ts'
import type { AttentionKind } from '../targets/target.ts'
import type { LoadAlone } from './device-probe.ts'

export interface AttentionCase {
  readonly kind: AttentionKind
  readonly N: number
  readonly S: number
  readonly L: number
  readonly heads: number
  readonly d: number
}

/** Head widths 40, 80 and 160 are those of Stable Diffusion v1; 77 tokens are a prompt; a motion module sees 16 to 32 frames. */
export const attentionCases: readonly AttentionCase[] = [40, 80, 160].flatMap((d) => [
  { kind: 'self', N: 1, S: 64, L: 64, heads: 2, d },
  { kind: 'self', N: 1, S: 256, L: 256, heads: 2, d },
  { kind: 'cross', N: 1, S: 128, L: 77, heads: 2, d },
  { kind: 'temporal', N: 32, S: 16, L: 16, heads: 2, d },
  { kind: 'temporal', N: 8, S: 32, L: 32, heads: 2, d },
])

export interface SelfTestFinding {
  readonly what: string
  readonly type: Precision
  /** ‖device − CPU‖ / ‖CPU‖; Infinity where it did not run. */
  readonly error: number
  readonly ok: boolean
  /** What the provider said where it did not run. */
  readonly message?: string
}

export interface SelfTest extends Ability {
  readonly device: Device
  readonly findings: readonly SelfTestFinding[]
  /** What was given up, a sentence each. */
  readonly notes: readonly string[]
}

/** float16 sums lose a per cent over thousands of terms; a wrong kernel is off by five and more. TF32 rounds float32 to 1e-3. */
const tolerance: Readonly<Record<Precision, number>> = { float16: 0.02, float32: 2e-3 }

const withFusedAttention: ReadonlySet<Device> = new Set(['webgpu', 'cuda', 'dml'])

/**
 * @param types in order of preference
 * @throws UserError `device-wrong` where the device gets plain products wrong in every type
 */
export async function selfTest(
  device: Device,
  load: LoadAlone,
  { types = ['float16', 'float32'], cases = attentionCases }: { types?: readonly Precision[]; cases?: readonly AttentionCase[] } = {},
): Promise<SelfTest> {
  if (device === 'cpu') return { device, type: 'float32', fused: new Set(), findings: [], notes: [] }
  const findings: SelfTestFinding[] = []
  const notes: string[] = []
  const passes = async (what: string, type: Precision, trial: Trial): Promise<boolean> => {
    const { error, message } = await errorOf(trial, type, device, load)
    const ok = error <= tolerance[type]
    findings.push(omitUndefined({ what, type, error, ok, message }))
    return ok
  }

  for (const type of types) {
    const exact =
      (await passes('a product', type, longProduct)) && (await passes('exact attention', type, attending(cases[0]!, plainAttention())))
    if (!exact) {
      notes.push(`${device} gets ${type} wrong (${inWords(findings.at(-1)!)}), so it is not used.`)
      continue
    }
    const fused = new Set<AttentionKind>()
    for (const kind of withFusedAttention.has(device) ? new Set(cases.map((it) => it.kind)) : []) {
      let right = true
      for (const it of cases.filter((it) => it.kind === kind)) {
        right &&= await passes(`${kind} attention of ${it.S} × ${it.L}, heads of ${it.d}`, type, attending(it, fusedAttention))
      }
      if (right) fused.add(kind)
      else
        notes.push(`Fused ${inWords(findings.at(-1)!)} on ${device}, so ${kind} attention is written in the exact form, which is slower.`)
    }
    return { device, type, fused, findings, notes }
  }
  throw new UserError(
    'device-wrong',
    `${device} computes wrong numbers on this machine: ${inWords(findings.at(-1)!)}. Update its driver, or use --device cpu.`,
    { device, findings },
  )
}

const inWords = ({ what, error }: SelfTestFinding): string =>
  `${what} ${error === Infinity ? 'does not run' : `is off by ${(100 * error).toPrecision(2)} %`}`

/** What is computed, from inputs of these shapes. */
interface Trial {
  readonly shapes: readonly (readonly number[])[]
  build(inputs: readonly Value[]): Value
}

/** As many terms as the widest linear of the UNet has. */
const longProduct: Trial = {
  shapes: [
    [64, 5120],
    [5120, 64],
  ],
  build: ([a, b]) => MatMul(a!, b!),
}

const attending = ({ N, S, L, heads, d }: AttentionCase, form: AttentionForm): Trial => ({
  shapes: [
    [N, S, heads * d],
    [N, L, heads * d],
    [N, L, heads * d],
  ],
  build: ([q, k, v]) => form(q!, k!, v!, { heads }),
})

async function errorOf(trial: Trial, type: Precision, device: Device, load: LoadAlone): Promise<{ error: number; message?: string }> {
  const generator = torchGenerator(0n)
  const feeds = Object.fromEntries(
    trial.shapes.map((shape, i) => [`x${i}`, generator.normal(shape.reduce((a, b) => a * b)).map((value) => Math.f16round(value))]),
  )
  const run = async (on: Device, as: Precision): Promise<Float32Array> => {
    const graph = new Graph('self-test')
    const inputs = trial.shapes.map((shape, i) => Cast(graph.input(`x${i}`, 'float32', shape), as))
    graph.output('y', Cast(trial.build(inputs), 'float32'))
    const session = await load(graph, on)
    const { y } = await session.run(feeds)
    await session.release()
    return y!
  }
  const wanted = await run('cpu', 'float32')
  let got: Float32Array
  try {
    got = await run(device, type)
  } catch (error) {
    // The device has no such kernel or type: a finding like any other.
    return { error: Infinity, message: error instanceof Error ? error.message : String(error) }
  }
  const error = relativeError(got, wanted)
  return { error: Number.isNaN(error) ? Infinity : error }
}
