import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { serial } from '../src/serial.ts'

test('work begins when what was given before it has ended, in the order in which it was given', async () => {
  const inTurn = serial()
  const first = Promise.withResolvers<string>()
  const said: string[] = []
  const results = [
    inTurn(() => {
      said.push('first begins')
      return first.promise
    }),
    inTurn(async () => {
      said.push('second begins')
      return 2
    }),
    inTurn(() => said.length),
  ]
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(said, ['first begins'])
  first.resolve('one')
  assert.deepEqual(await Promise.all(results), ['one', 2, 2])
})

test('what fails, at once or later, is told to whoever gave it and keeps nothing from running', async () => {
  const inTurn = serial()
  const thrown = inTurn(() => {
    throw new Error('at once')
  })
  const rejected = inTurn(() => Promise.reject(new Error('later')))
  const next = inTurn(() => 'runs')
  await assert.rejects(thrown, /at once/)
  await assert.rejects(rejected, /later/)
  assert.equal(await next, 'runs')
})

test('work that is given while other work runs waits for it, also when that gave it', async () => {
  const inTurn = serial()
  const said: string[] = []
  let inner: Promise<unknown> | undefined
  await inTurn(async () => {
    inner = inTurn(() => said.push('inner'))
    await new Promise((resolve) => setImmediate(resolve))
    said.push('outer')
  })
  await inner
  assert.deepEqual(said, ['outer', 'inner'])
})

test('a failure that nobody looks at is not hidden: it ends a process as every unhandled rejection does', async () => {
  const program = `import { serial } from '${new URL('../src/serial.ts', import.meta.url)}'
    void serial()(() => Promise.reject(new Error('of nobody')))`
  await assert.rejects(promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]), /of nobody/)
})
