import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { takeLock } from '../../src/store/process-lock.ts'
import { temporaryFolder } from './folder.ts'

const path = join(temporaryFolder(), 'lock')

test('a lock is of one process, and free when that one is killed', async () => {
  const module = join(import.meta.dirname, '../../src/store/process-lock.ts')
  const script = `(await import(${JSON.stringify(module)})).takeLock(${JSON.stringify(path)}, 0); console.log('taken'); setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  assert.equal(takeLock(path, 0), undefined)
  other.kill('SIGKILL')
  await once(other, 'exit')
  const unlock = takeLock(path, 0)
  assert.ok(unlock)
  assert.equal(takeLock(path, 0), undefined)
  unlock()
  assert.ok(takeLock(path, 0))
})
