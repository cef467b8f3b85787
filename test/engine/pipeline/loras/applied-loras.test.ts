import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApplyLoras } from '../../../../src/engine/pipeline/loras/applied-loras.ts'
import { createModelCache } from '../../../../src/engine/pipeline/model/model-cache.ts'
import { tiny } from '../../cpu-session.ts'

test('a LoRA that moves the motion module otherwise is told from those that leave it as it was trained', () => {
  const base = createModelCache()({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v2.safetensors') })
  const apply = createApplyLoras(1e9)
  const changes = (name: string, strength: number, merged: boolean) =>
    apply(base, [{ file: join(tiny, name), strength, merged }]).changesMotion
  for (const merged of [false, true]) {
    assert.equal(changes('motion_lora.safetensors', 0.8, merged), true)
    assert.equal(changes('motion_lora.safetensors', 0, merged), false)
    assert.equal(changes('lora_peft.safetensors', 0.8, merged), false)
  }
})
