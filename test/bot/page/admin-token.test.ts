// The token that is made where none is set.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keptAdminToken } from '../../../src/bot/page/admin-token.ts'

test('a token is made once, kept for the next start, and readable by its owner alone', (t) => {
  const homes = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'zoetrope-token-')))
  t.after(() => {
    for (const home of homes) rmSync(home, { recursive: true })
  })
  const [one, again, other] = [keptAdminToken(homes[0]!), keptAdminToken(homes[0]!), keptAdminToken(homes[1]!)]
  assert.match(one.token, /^[\w-]{43}$/)
  assert.equal(again.token, one.token)
  assert.notEqual(other.token, one.token)
  assert.equal(statSync(one.file).mode & 0o777, 0o600)
})
