// The weights that lie in the repository: few enough to clone and install, and each where something reads it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { identify, openTensorFile } from '../src/engine/index.ts'
import { describeFile } from '../src/styles/intake/describe-file.ts'
import { builtInStyles } from '../src/styles/registry/built-in-styles.ts'

const root = join(import.meta.dirname, '..')
const mostBytes = 64 * 2 ** 20

/** What nets are to answer, and what they were asked: no weights. */
const answers = /(^|[/.])(expected|lycoris|gradients|batch|adamw|optimizer)\.safetensors$|(_|-)expected\.safetensors$/

test('models/ and the weights among the fixtures are 64 MB at the most', (t) => {
  const sizeOf = (paths: readonly string[]): number => paths.reduce((sum, path) => sum + statSync(join(root, path)).size, 0)
  const models = globSync('models/**/*.*', { cwd: root })
  const fixtures = globSync('test/fixtures/**/*.{safetensors,ckpt,pt,pth,bin}', { cwd: root }).filter((path) => !answers.test(path))
  assert.ok(models.length > 20 && fixtures.length > 20)
  const bytes = sizeOf(models) + sizeOf(fixtures)
  t.diagnostic(`models ${sizeOf(models)}, fixtures ${sizeOf(fixtures)}, together ${bytes}`)
  assert.ok(bytes <= mostBytes, `${bytes} bytes`)
})

test('what the built-in styles say of their files is true of them', () => {
  const files = builtInStyles(join(root, 'models')).flatMap((style) => style.files)
  assert.ok(files.length >= 5)
  for (const { file, sha256, bytes, about } of files) {
    const path = join(root, 'models', file)
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
    assert.deepEqual(
      { sha256, bytes, about },
      { sha256: digest, bytes: statSync(path).size, about: describeFile(identify(openTensorFile(path))) },
    )
  }
})
