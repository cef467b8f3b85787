// Out of memory: told as what it is, not as a crash.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { isOutOfMemory } from '../../../src/render/failures/out-of-memory.ts'
import { errorOf, failureOf } from '../../../src/render/local/protocol.ts'

test('what runtimes and drivers say of it is known, and nothing else is taken for it', () => {
  for (const text of [
    // ONNX Runtime 1.30 on the CPU, of a graph too large for the machine
    'std::bad_alloc',
    'Failed to allocate memory for requested buffer of size 68719476736',
    // its CUDA provider
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; file=cuda_call.cc',
    'bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) Available memory of 1024 is smaller than requested bytes',
    // DirectML, Dawn on Vulkan
    'onnxruntime::DmlExecutionProvider 8007000E Not enough memory resources are available to complete this operation.',
    'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    // V8 and Node
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'ENOMEM: not enough memory, read',
  ])
    assert.ok(isOutOfMemory(text), text)
  for (const text of [
    'file is cut off',
    'Unexpected token',
    'memory of the page is damaged',
    'Non-zero status code returned while running Conv',
  ])
    assert.ok(!isOutOfMemory(text), text)
})

test('an array that cannot be had comes out of the child as a sentence about memory, with the reason for the operator', () => {
  let thrown: unknown
  try {
    new Float32Array(2 ** 40)
  } catch (error) {
    thrown = error
  }
  const error = errorOf(failureOf(thrown))
  assert.ok(error instanceof UserError)
  assert.equal(error.code, 'out-of-memory')
  assert.match(error.message, /not enough memory .* smaller size or fewer frames/)
  assert.match(String(error.data['reason']), /array/i)
  assert.ok(!(errorOf(failureOf(new Error('a bug'))) instanceof UserError))
})
