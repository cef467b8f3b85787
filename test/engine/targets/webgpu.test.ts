// WebGPU on whatever adapter starts here, a software Vulkan driver included; skipped, and said so, where none does.
// Nothing may be left to the CPU: every session is loaded with disable_cpu_ep_fallback.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { before, test } from 'node:test'
import type { ChosenDevice } from '../../../src/engine/runtime/devices.ts'
import type { SelfTestFinding } from '../../../src/engine/runtime/self-test.ts'

/** A line of the child's; each has the parts that belong to its name. */
export interface Answer {
  readonly name: string
  readonly reason?: string | null
  readonly choice?: ChosenDevice
  readonly fused?: readonly string[]
  readonly findings?: readonly SelfTestFinding[]
  readonly notes?: readonly string[]
  readonly error?: number
}

interface Outcome {
  readonly answers: Map<string, Answer>
  readonly exit: string
}

async function ask(env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'webgpu-process.ts')], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 240_000,
  })
  const answers = new Map<string, Answer>()
  const exit = new Promise<string>((resolve) => child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`)))
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = JSON.parse(line) as Answer
    answers.set(answer.name, answer)
  }
  return { answers, exit: await exit }
}

let outcome: Outcome
let absent: string | null | undefined
before(async () => {
  outcome = await ask()
  absent = outcome.answers.get('start')?.reason
  if (absent) console.log(`WebGPU is not tested here: ${absent}`)
})

function answer(name: string): Answer {
  const it = outcome.answers.get(name)
  assert.ok(it, `${name} was not answered; the process ended with ${outcome.exit}`)
  return it
}

test('WebGPU starts or says why not, and takes no process with it', (t) => {
  assert.ok(outcome.answers.has('start'), outcome.exit)
  if (absent) return t.skip(absent)
  assert.ok(outcome.answers.has('end'), outcome.exit)
  assert.equal(outcome.exit, 'exit code 0')
})

test('fused attention is believed only where it was seen to be right', (t) => {
  if (absent) return t.skip(absent)
  const { fused, findings, notes } = answer('self-test') as Required<Answer>
  for (const kind of ['self', 'cross']) {
    const found = findings.filter(({ what }) => what.startsWith(`${kind} attention`))
    assert.ok(found.length > 0, `${kind} attention was tried`)
    const right = found.every(({ ok }) => ok)
    assert.equal(fused.includes(kind), right)
    assert.equal(
      notes.some((note) => note.includes(`${kind} attention is written in the exact form`)),
      !right,
    )
  }
})

/** float32: rounding. float16: WebGPU sums products in half precision too; lavapipe 25.0 is 0.73 % off. */
const limits: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['text', 'vae', 'still', 'v1', 'v2', 'v3'].map((net) => [`${net} float32`, 1e-3])),
  'still float16': 2e-2,
}

for (const [net, limit] of Object.entries(limits)) {
  test(`${net} gives the published answer within ${limit}, with nothing left to the CPU`, (t) => {
    if (absent) return t.skip(absent)
    const { error } = answer(net)
    assert.ok(error !== undefined && error <= limit, `${error}`)
  })
}

test('auto does not take an adapter that is slower than the CPU', (t) => {
  if (absent) return t.skip(absent)
  const { choice } = answer('auto') as Required<Answer>
  const reason = choice.passedOver.find(({ device }) => device === 'webgpu')?.reason
  if (choice.device === 'cpu') assert.match(reason ?? '', /slower than the CPU \(\d+ against \d+ GFLOP\/s\)/)
  else assert.equal(reason, undefined)
})

test('without any Vulkan driver the reason is given, and the process lives', { skip: process.platform !== 'linux' }, async () => {
  const { answers, exit } = await ask({ VK_DRIVER_FILES: '/dev/null', VK_ICD_FILENAMES: '/dev/null' })
  assert.equal(exit, 'exit code 0')
  assert.match(answers.get('start')?.reason ?? '', /WebGPU does not start here: .+ Install the Vulkan loader/)
})
