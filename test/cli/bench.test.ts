import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import { atLeast, atMost, gib, type Measurement, printMeasurement, seconds } from '../../src/cli/bench/measurement.ts'
import { createReference } from '../../src/cli/bench/reference.ts'
import { benchCommand } from '../../src/cli/bench.ts'
import { createOutput } from '../../src/cli/terminal/output.ts'

test('what is wanted stands beside what was measured, and says where it was missed', () => {
  const lines: string[] = []
  const measurements: Measurement[] = [
    { what: 'a step', got: seconds(10.61) },
    atMost('loading', 2.5, 3, seconds),
    atMost('most memory', 10 * 2 ** 30, 9 * 2 ** 30, gib),
    atLeast('the one by the other', 0.951, 0.95),
    atLeast('the one by the other', 0.5, 0.75),
  ]
  for (const measurement of measurements) printMeasurement(measurement, (line) => lines.push(line.replaceAll(/ +/g, ' ')))
  assert.deepEqual(lines, [
    'a step 10.6 s',
    'loading 2.50 s at most 3.00 s',
    'most memory 10.00 GiB at most 9.00 GiB MISSED',
    'the one by the other 0.95 at least 0.95',
    'the one by the other 0.50 at least 0.75 MISSED',
  ])
})

test('the machine’s own speed is measured by a product', async () => {
  const reference = await createReference({ threads: 1 })
  const gflops = await reference.measure()
  assert.ok(gflops > 1 && gflops < 100_000, `${gflops}`)
})

test('sizes that there are no weights for are refused before anything is measured', async () => {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
  benchCommand(program, { output: createOutput({ out: assert.fail, err: assert.fail }) })
  await assert.rejects(program.parseAsync(['bench', '--synthetic', 'sdxl'], { from: 'user' }), /Allowed choices are sd15/)
})
