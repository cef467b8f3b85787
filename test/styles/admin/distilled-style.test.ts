import assert from 'node:assert/strict'
import { test } from 'node:test'
import { animeLora, attached, openTestStyles } from '../test-styles.ts'

test('a style made of a LoRA for few steps is drawn in as many, though its name is not kept', async () => {
  const setup = await openTestStyles()
  const fast = attached(animeLora(), 'Hyper-SD15-4steps-lora.safetensors')
  await setup.admin({ files: fast.files }).add({ name: 'fast', extend: false, file: fast.file })
  const { sampler, spacing, steps, guidance } = (await setup.styles.get('fast'))!
  assert.deepEqual({ sampler, spacing, steps, guidance }, { sampler: 'ddim', spacing: 'trailing', steps: 4, guidance: 1 })
  const plain = attached(animeLora())
  await setup.admin({ files: plain.files }).add({ name: 'plain', extend: false, file: plain.file })
  assert.equal((await setup.styles.get('plain'))!.steps, undefined)
  setup.close()
})
