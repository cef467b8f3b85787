// Long clips against the published programs (test/fixtures/long/README.md), and that a fault in the tables or the answers is seen.

import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { type LongTables, longTables } from '../../../src/engine/verify/long/long-tables.ts'
import { openReferenceTensors } from '../../../src/engine/verify/reference-tensors.ts'
import { verify } from '../../../src/engine/verify/verify.ts'
import { cpuSession, fixtures, tiny } from '../cpu-session.ts'

const long = join(fixtures, 'long')
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-long-'))
after(() => rmSync(scratch, { recursive: true }))

test('every table and answer of long clips is met on the CPU', async (t) => {
  const met = new Set<string>()
  for await (const row of verify(long, cpuSession)) {
    met.add(row.tensor)
    await t.test(`${row.tensor} within ${row.tolerance}`, () => assert.ok(row.ok, `${row.measure} error ${row.error.toExponential(2)}`))
  }
  const { names } = openReferenceTensors([join(long, 'expected.safetensors')])
  const answers = names.filter((name) => name !== 'sample' && name !== 'context')
  assert.equal(answers.length, 7)
  assert.deepEqual(
    answers.filter((name) => !met.has(name)),
    [],
    'every answer is asked for',
  )
})

/** The tables alone, changed, beside the tiny nets. */
async function differing(name: string, change: (tables: LongTables) => void): Promise<string[]> {
  const dir = join(scratch, name, 'long')
  mkdirSync(dir, { recursive: true })
  symlinkSync(resolve(tiny), join(scratch, name, 'tiny'))
  copyFileSync(join(long, 'expected.safetensors'), join(dir, 'expected.safetensors'))
  const tables = longTables.parse(JSON.parse(readFileSync(join(long, 'long.json'), 'utf8')))
  change(tables)
  writeFileSync(join(dir, 'long.json'), JSON.stringify(tables))
  const found: string[] = []
  for await (const { tensor, ok } of verify(dir, cpuSession)) {
    if (tensor === 'travel.prompt_travel_slerp') break // the nets come next
    if (!ok) found.push(tensor)
  }
  return found
}

test('one wrong frame, weight, order or coefficient is seen', async () => {
  const changed = await differing('changed', (tables) => {
    tables.uniform[40]!.windows[0]![3]!++
    tables.standard_static[4]!.windows[0]!.pop()
    tables.a1111[200]!.windows.pop()
    tables.freenoise[3]!.last_counts_only!++
    tables.weights['12']!['pyramid']![5] = 5
    tables.shuffles.evolved[3]!.source_frame.reverse()
    tables.travel.coefficients['a1111_open']![12]![1]! += 1e-8
    Object.assign(tables.travel, { prompt_fixed_ratio_of_0a_in_8: { 0.5: { 0: 'head,a,tail' } } })
  })
  assert.deepEqual(changed, [
    'windows.uniform',
    'windows.standard_static',
    'windows.a1111',
    'windows.freenoise',
    'weights',
    'shuffles.evolved',
    'travel.prompt_fixed_ratio_of_0a_in_8',
    'coefficients.a1111_open',
  ])
})

test('tables of another form are refused with what is wrong in them', async () => {
  await assert.rejects(
    differing('other', (tables) => {
      Object.assign(tables.uniform[0]!, { frames: 'eight' })
    }),
    { code: 'verify-answer', message: /does not hold the tables of long clips.*frames/s },
  )
})

test('tables that were cut off are named', async () => {
  const dir = join(scratch, 'cut-off')
  mkdirSync(dir)
  copyFileSync(join(long, 'expected.safetensors'), join(dir, 'expected.safetensors'))
  writeFileSync(join(dir, 'long.json'), readFileSync(join(long, 'long.json'), 'utf8').slice(0, -2))
  await assert.rejects(Array.fromAsync(verify(dir, cpuSession)), { code: 'json-broken', message: `${join(dir, 'long.json')} is not JSON.` })
})
