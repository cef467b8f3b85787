// Unusual paths: people clone into folders with spaces, accents and signs that mean something in a URL.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const project = join(import.meta.dirname, '../..')
const clone = mkdtempSync(join(tmpdir(), 'zoetrope é 动画 #1 100%25 '))
after(() => rmSync(clone, { recursive: true }))

test('draws from a clone whose path needs care, with a LoRA, a cache and a result under that path', () => {
  for (const name of ['src', 'commands', 'package.json', 'models']) cpSync(join(project, name), join(clone, name), { recursive: true })
  symlinkSync(join(project, 'node_modules'), join(clone, 'node_modules'))
  const lora = join(clone, 'models/pocket/loras/sepia.safetensors')
  const quick = ['--device', 'cpu', '--frames', '2', '--steps', '1', '--seed', '7', '--format', 'mp4']
  const { status, stderr } = spawnSync(process.execPath, ['src/zoetrope.js', 'animate', 'a red ball', '--lora', lora, ...quick], {
    cwd: clone,
    env: { ...process.env, ZOETROPE_HOME: join(clone, 'home') },
    encoding: 'utf8',
    timeout: 120_000,
  })
  assert.equal(status, 0, stderr)
  assert.ok(existsSync(join(clone, 'out/zoetrope-7.mp4')))
})
