import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { countCores } from '../../../src/engine/runtime/cores.ts'

/** What Linux says of a machine, a line for each of its processors: which of them share a core. */
function machine(siblings: readonly string[], check: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-cores-'))
  try {
    for (const [n, list] of siblings.entries()) {
      mkdirSync(join(folder, `cpu${n}`, 'topology'), { recursive: true })
      writeFileSync(join(folder, `cpu${n}`, 'topology', 'thread_siblings_list'), `${list}\n`)
    }
    mkdirSync(join(folder, 'cpufreq'))
    check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a core counts once, however many threads it runs', () => {
  machine(['0', '1'], (folder) => assert.equal(countCores(folder, 2), 2))
  machine(['0,2', '1,3', '0,2', '1,3'], (folder) => assert.equal(countCores(folder, 4), 2))
})

test('what a container may not use does not count', () => {
  machine(['0', '1', '2', '3'], (folder) => assert.equal(countCores(folder, 3), 3))
})

test('a machine that does not say leaves it to ONNX Runtime', () => {
  assert.equal(countCores('/no/such/folder', 8), 0)
})
