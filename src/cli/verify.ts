// `zoetrope verify [DIR]`: the engine against reference tensors, on the device that is asked for.

import { join, relative } from 'node:path'
import { type Command, Option } from 'commander'
import { type Device, devices, type Precision, targetsFor } from '../engine/index.ts'
import { chooseDevice, createSession, type LoadAlone, listBackends, probeMachine, selfTest } from '../engine/run.ts'
import { type Comparison, type TestSession, verify } from '../engine/train.ts'
import { UserError } from '../errors.ts'
import type { CommandLine } from './command-line/command-line.ts'
import type { Output } from './terminal/output.ts'
import { aligned } from './terminal/plain-text.ts'

const root = relative(process.cwd(), join(import.meta.dirname, '../..')) || '.'

/** What ships: tiny nets with the answers of the published AnimateDiff code, and what the pocket model draws. */
const shipped = [
  { dir: join(root, 'test/fixtures/tiny') },
  { dir: join(root, 'models/pocket'), expected: join(root, 'test/fixtures/pocket-expected.safetensors') },
]

interface Flags {
  readonly device: Device | 'auto'
  readonly precision?: Precision
}

export function verifyCommand(program: Command, { output }: CommandLine): void {
  program
    .command('verify')
    .description('compare the engine with reference tensors: how to check a new GPU or driver')
    .argument(
      '[dir]',
      'reference tensors, or a model folder with expected.safetensors; without it, the two sets in the test/fixtures of a checkout',
    )
    .addOption(new Option('--device <name>', 'what computes').choices(['auto', ...devices]).default('auto'))
    .addOption(new Option('--precision <type>', 'what it computes in; the device decides otherwise').choices(['float32', 'float16']))
    .action(async (dir: string | undefined, flags: Flags) => {
      const session = await openTestSession(flags, output)
      const { name: device, type: precision } = session.target
      const rows: Comparison[] = []
      for (const { dir: folder, expected } of dir === undefined ? shipped : [{ dir, expected: undefined }]) {
        output.line(`\n${folder} on ${device}, ${precision}\n`)
        rows.push(...(await checked(verify(folder, session, expected), output)))
      }
      output.data({ device, precision, ok: rows.every(({ ok }) => ok), tensors: rows })
      conclude(rows, output)
    })
}

async function openTestSession({ device: wanted, precision }: Flags, output: Output): Promise<TestSession> {
  const alone: LoadAlone = (graph, device) => createSession(graph, { device, alone: true })
  const { device, passedOver } = await chooseDevice(wanted, probeMachine(alone, listBackends))
  for (const { reason } of passedOver) output.note(reason)
  const found = await selfTest(device, alone, precision ? { types: [precision] } : {})
  for (const note of found.notes) output.note(note)
  return { ...targetsFor(device, found), load: (graph) => createSession(graph, { device }) }
}

/** Rows are printed as they come, in columns that the longest of our names fits. */
async function checked(rows: AsyncIterable<Comparison>, output: Output): Promise<Comparison[]> {
  const done: Comparison[] = []
  const line = (cells: readonly string[]): string =>
    [cells[0]!.padEnd(32), cells[1]!.padStart(8), cells[2]!.padStart(8), `  ${cells[3]}`].join('  ').trimEnd()
  output.line(line(['tensor', 'error', 'at most', 'measure']))
  for await (const row of rows) {
    done.push(row)
    output.line(
      line([row.tensor, amount(row.error), amount(row.tolerance), row.ok ? measures[row.measure] : `${measures[row.measure]}  TOO MUCH`]),
    )
  }
  return done
}

const measures: Readonly<Record<Comparison['measure'], string>> = {
  relative: 'relative',
  largest: 'largest difference',
  mean: 'mean difference',
  differing: 'values that differ',
}

const amount = (value: number): string => (Number.isInteger(value) ? String(value) : value.toExponential(1))

/** @throws UserError `verify-failed` */
function conclude(rows: readonly Comparison[], output: Output): void {
  const share = ({ error, tolerance }: Comparison): number => (Number.isNaN(error) ? Infinity : error === 0 ? 0 : error / tolerance)
  const worst = rows.reduce((most, row) => (share(row) > share(most) ? row : most))
  const failed = rows.filter(({ ok }) => !ok)
  const worstOf = `${worst.tensor}, ${amount(worst.error)} where ${amount(worst.tolerance)} is allowed`
  if (failed.length === 0) {
    output.line('')
    for (const cells of aligned([
      ['compared', `${rows.length} tensors, all within tolerance`],
      ['worst', worstOf],
    ])) {
      output.line(cells)
    }
    return
  }
  const data = { failed: failed.map(({ tensor }) => tensor), worst: worst.tensor, error: worst.error }
  throw new UserError('verify-failed', `${failed.length} of ${rows.length} tensors are too far off; the worst is ${worstOf}.`, data)
}
