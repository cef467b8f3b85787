// Whether a GPU computes what it should. Fused attention has been wrong by several per cent on more than one driver and nothing said so,
// so every kind that the nets use is held against the CPU when a device starts; what fails is written in the exact form.

import { UserError } from '../errors.ts'
import type { Device } from '../names.ts'
import { torchGenerator } from '../noise.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import { Cast, MatMul } from '../onnx/ops.ts'
import type { Ability, Precision } from '../targets/ability.ts'
import { type AttentionForm, type AttentionKind, fusedAttention, plainAttention } from '../targets/attention.ts'
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

export interface FailedAttention {
  readonly what: string
  readonly type: Precision
  /** ‖device − CPU‖ / ‖CPU‖; Infinity where it did not run. */
  readonly error: number
  readonly ok: boolean
}

export interface SelfTest extends Ability {
  readonly device: Device
  readonly findings: readonly FailedAttention[]
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
  const findings: FailedAttention[] = []
  const notes: string[] = []
  const held = async (what: string, type: Precision, trial: Trial): Promise<boolean> => {
    const error = await errorOf(trial, type, device, load)
    findings.push({ what, type, error, ok: error <= tolerance[type] })
    return error <= tolerance[type]
  }

  for (const type of types) {
    const exact =
      (await held('a product', type, longProduct)) && (await held('exact attention', type, attending(cases[0]!, plainAttention())))
    if (!exact) {
      notes.push(`${device} gets ${type} wrong (${inWords(findings.at(-1)!)}), so it is not used.`)
      continue
    }
    const fused = new Set<AttentionKind>()
    for (const kind of withFusedAttention.has(device) ? new Set(cases.map((it) => it.kind)) : []) {
      let right = true
      for (const it of cases.filter((it) => it.kind === kind)) {
        right &&= await held(`${kind} attention of ${it.S} × ${it.L}, heads of ${it.d}`, type, attending(it, fusedAttention))
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

const inWords = ({ what, error }: FailedAttention): string =>
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

async function errorOf(trial: Trial, type: Precision, device: Device, load: LoadAlone): Promise<number> {
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
  } catch {
    return Infinity // the device has no such kernel or type; the finding says so
  }
  let difference = 0
  let size = 0
  for (const [i, value] of wanted.entries()) {
    difference += (got[i]! - value) ** 2
    size += value ** 2
  }
  const error = Math.sqrt(difference / size)
  return Number.isNaN(error) ? Infinity : error
}
