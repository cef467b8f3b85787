// The names that people choose from: devices and samplers. They stand apart from what they name, because a command line lists them before it
// starts the process that loads the rest.

/** Of the targets too, and of ONNX Runtime's execution providers. */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const
export type Device = (typeof devices)[number]

export const samplerNames = [
  'ddim',
  'euler',
  'euler-karras',
  'euler-ancestral',
  'dpmpp-2m',
  'dpmpp-2m-karras',
  'dpmpp-2m-sde',
  'dpmpp-2m-sde-karras',
  'lcm',
  'pndm',
] as const
export type SamplerName = (typeof samplerNames)[number]
