// Device names, which people choose from. They stand apart from what they name, because a command line lists them before it starts the
// process that loads the rest.

/** Of the targets too, and of ONNX Runtime's execution providers. */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const
export type Device = (typeof devices)[number]
