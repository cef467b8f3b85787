// Hostile files: what `zoetrope inspect` says of a file whose words would have a terminal obey them.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const project = join(import.meta.dirname, '../..')
const file = join(project, 'test/fixtures/hostile/bidi-c1-in-refusal.safetensors')

for (const flags of [[], ['--json']]) {
  test(`a refusal shows them as they are written, not as they work: inspect ${flags.join(' ')}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, 'src/zoetrope.js'), 'inspect', file, ...flags], {
      encoding: 'utf8',
    })
    assert.notEqual(status, 0)
    assert.doesNotMatch(`${stdout}${stderr}`, /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u)
    assert.match(`${stdout}${stderr}`, /u009b.*u202e/)
  })
}
