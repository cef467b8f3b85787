// The door of the engine: what the rest of the house imports from it.

export type { Identity } from './checkpoint/identify.ts'
export { identify } from './checkpoint/identify.ts'
export type { LoraDescription } from './checkpoint/lora/describe.ts'
export { describeLora } from './checkpoint/lora/describe.ts'
export { openTensorFile } from './checkpoint/open.ts'
export type { SafetensorsLimits } from './checkpoint/safetensors.ts'
export type { TensorFile } from './checkpoint/tensor.ts'
export { type Note, UserError } from './errors.ts'
export { type Frames, frameAt } from './frames.ts'
export {
  createEngine,
  type Engine,
  type EngineInput,
  type EngineOptions,
  type EngineOutput,
  type EngineProgress,
  type Loading,
} from './pipeline/engine.ts'
export { type Inspection, type InspectOptions, inspect } from './pipeline/inspect.ts'
export { inspectInThread as inspectApart } from './pipeline/inspect-in-thread.ts'
export { type BaseFiles, type Model, type ModelSources, type NamedEmbedding, type NamedLora, openModel } from './pipeline/model.ts'
export { type ModelDefaults, modelDefaults as factsOf } from './pipeline/model-defaults.ts'
export type { Size } from './pipeline/nets.ts'
export { createSessions, type Sessions } from './runtime/sessions.ts'
export { type StartedDevice, startDevice } from './runtime/start-device.ts'
export type { Betas } from './samplers/betas.ts'
export { type SamplerName, samplerNames } from './samplers/sampler.ts'
export { type Schedule, scheduleFor } from './samplers/schedule.ts'
export type { Spacing } from './samplers/spacing.ts'
export { type Device, devices } from './targets/device.ts'
