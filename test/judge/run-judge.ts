// `zoetrope judge` as people run it, without a process of its own.

import assert from 'node:assert/strict'
import { runCommandLine } from '../../src/cli.ts'
import type { Accuracy } from '../../src/judge/accuracy.ts'
import type { Judgement } from '../../src/judge/judgement.ts'
import type { Summary } from '../../src/judge/summary.ts'
import type { WorldWords } from '../../src/judge/world-words.ts'

export async function runJudge(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const streams = { out: (text: string) => (out += text), err: (text: string) => (err += text) }
  const code = await runCommandLine(['judge', ...args], streams)
  return { code, out, err }
}

/** What --json prints. */
interface Printed {
  readonly words: WorldWords
  /** Absent with --truth. */
  readonly classifier?: Readonly<Record<string, Accuracy>>
  readonly summary: Summary
  readonly judgements: readonly Judgement[]
  readonly styles: readonly { readonly name: string; readonly strength: number; readonly summary: Summary }[]
}

export async function judgeAsJson(...args: string[]): Promise<Printed> {
  const { code, out, err } = await runJudge('--json', ...args)
  assert.equal(code, 0, err)
  return JSON.parse(out)
}
