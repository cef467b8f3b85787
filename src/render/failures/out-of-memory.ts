// Out of memory: how those say it who run out of it, and what people are told, who can ask for less.

import { UserError } from '../../errors.ts'

/**
 * ONNX Runtime's arena and std::bad_alloc (core/framework/bfc_arena.cc), CUDA (cudaGetErrorString of 2), Direct3D (E_OUTOFMEMORY), Vulkan
 * and Dawn, glibc's ENOMEM, and V8 of arrays and of its heap.
 */
const said = new RegExp(
  [
    'bad_alloc|failed to allocate memory|BFCArena::AllocateRawInternal',
    'out of memory|OUT_OF_MEMORY|OUTOFMEMORY|8007000E|VK_ERROR_OUT_OF_(?:DEVICE|HOST)_MEMORY',
    'cannot allocate memory|ENOMEM',
    'Array buffer allocation failed|Invalid (?:typed )?array (?:buffer )?length',
  ].join('|'),
  'i',
)

export const isOutOfMemory = (text: string): boolean => said.test(text)

/** @param reason for the operator */
export function outOfMemory(reason: string): UserError {
  const sentence = 'There is not enough memory to draw this: ask for a smaller size or fewer frames.'
  return new UserError('out-of-memory', sentence, { reason: reason.slice(0, 500) })
}
