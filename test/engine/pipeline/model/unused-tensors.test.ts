import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { writeSafetensors } from '../../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf, type Tensor } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { unusedTensors } from '../../../../src/engine/pipeline/model/unused-tensors.ts'
import { tiny } from '../../cpu-session.ts'
import { rewritten } from '../../rewritten.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-unused-'))
after(() => rmSync(scratch, { recursive: true }))

const checkpoint = join(tiny, 'checkpoint.safetensors')

/** The tiny checkpoint with more tensors, of one number each. */
function withMore(name: string, ...more: readonly string[]): string {
  const tensors = [...openTensorFile(checkpoint).tensors.values()].map((tensor: Tensor) => ({ ...tensor, bytes: () => bytesOf(tensor) }))
  const path = join(scratch, name)
  writeSafetensors(path, [...tensors, ...more.map((it) => ({ name: it, dtype: 'F32' as const, shape: [1], bytes: new Uint8Array(4) }))])
  return path
}

test('files that ship are used to the last tensor', () => {
  assert.deepEqual(unusedTensors(openModel({ checkpoint: 'models/pocket' })), [])
  for (const motion of ['v1', 'v2', 'v3']) {
    assert.deepEqual(unusedTensors(openModel({ checkpoint, motion: join(tiny, `motion_${motion}.safetensors`) })), [])
  }
})

test('what no net asks for is named, whether a net has its name or none has; what is known to be of no use is not', () => {
  const one = withMore('one.safetensors', 'model.diffusion_model.input_blocks.1.0.extra.weight')
  assert.deepEqual(unusedTensors(openModel({ checkpoint: one })), [
    {
      code: 'tensors-unused',
      message: 'Nothing here takes one tensor of one.safetensors: model.diffusion_model.input_blocks.1.0.extra.weight',
      data: { file: 'one.safetensors', count: 1, first: 'model.diffusion_model.input_blocks.1.0.extra.weight' },
    },
  ])
  const more = withMore('more.safetensors', 'something.else', 'first_stage_model.decoder.mid.attn_1.sink', 'model_ema.decay')
  assert.match(unusedTensors(openModel({ checkpoint: more }))[0]!.message, /^Nothing here takes 2 tensors of more\.safetensors: .* …$/)
})

test('a weight that is missing is an error with its name', () => {
  const name = 'model.diffusion_model.input_blocks.1.0.out_layers.3.bias'
  const lacking = rewritten(checkpoint, join(scratch, 'lacking.safetensors'), (tensor) => (tensor.name === name ? undefined : tensor))
  assert.throws(() => unusedTensors(openModel({ checkpoint: lacking })), {
    name: 'UserError',
    code: 'weight-missing',
    message: /lacking\.safetensors has no down_blocks\.0\.resnets\.0\.conv2\.bias, expected \[32\]/,
  })
})
