import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createModelCache } from '../../../../src/engine/pipeline/model/model-cache.ts'
import { tiny } from '../../cpu-session.ts'

test('a model stays open as long as its files are the same, and nets that others share have the same keys', () => {
  const open = createModelCache()
  const checkpoint = join(tiny, 'checkpoint.safetensors')
  const first = open({ checkpoint })
  assert.equal(open({ checkpoint }), first)
  const moving = open({ checkpoint, motion: join(tiny, 'motion_v3.safetensors') })
  assert.deepEqual({ ...moving.keys, motion: '' }, { ...first.keys })
  assert.notEqual(moving.keys.motion, '')
  assert.notEqual(open({ checkpoint: 'models/pocket' }).keys.vae, first.keys.vae)
})
