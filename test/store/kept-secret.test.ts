import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { keptSecret, readSecret } from '../../src/store/kept-secret.ts'
import { temporaryFolder } from './folder.ts'

const file = join(temporaryFolder(), 'secret')

test('a secret is made once, is not short, and is for its owner alone', () => {
  assert.equal(readSecret(file), undefined)
  const first = keptSecret(file)
  assert.equal(first.made, true)
  assert.equal(Buffer.from(first.secret, 'base64url').length, 32)
  assert.deepEqual(keptSecret(file), { secret: first.secret, made: false })
  assert.equal(readSecret(file), first.secret)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(dirname(file)), [basename(file)])
})

test('what a full disk or a kill has left of one is none: another is made', () => {
  const kept = readFileSync(file, 'utf8')
  for (const left of ['', '\n', kept.slice(0, 10)]) {
    writeFileSync(file, left)
    assert.equal(readSecret(file), undefined)
    const { secret, made } = keptSecret(file)
    assert.equal(made, true)
    assert.ok(secret.length > 40 && secret !== kept.trim())
  }
})

test('one of 24 letters, as earlier versions have made, stays', () => {
  writeFileSync(file, `${'a'.repeat(24)}\n`)
  assert.deepEqual(keptSecret(file), { secret: 'a'.repeat(24), made: false })
})
