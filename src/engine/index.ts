// The engine's entry point for files: what a file of weights is, which model it makes, how its nets are written as graphs. Loads no ONNX
// Runtime, so that a process that draws nothing maps none of it: what computes is behind run.ts.

export type { TextArchitecture, UNetArchitecture, VaeArchitecture } from './checkpoint/architecture/architecture.ts'
export type { MotionArchitecture } from './checkpoint/architecture/motion-architecture.ts'
export { type Identity, identify } from './checkpoint/identify/identify.ts'
export { kindOfFile } from './checkpoint/identify/kind-of-file.ts'
export { describeLora, type LoraDescription } from './checkpoint/lora/describe.ts'
export { openTensorFile } from './checkpoint/open.ts'
export type { SafetensorsLimits } from './checkpoint/safetensors/safetensors.ts'
export { scaleMotion } from './checkpoint/scale-motion.ts'
export { fileStamp, filesOfModel } from './checkpoint/tensor/file-stamp.ts'
export type { TensorFile } from './checkpoint/tensor/tensor.ts'
export { openWeightsAt } from './checkpoint/weight-folder.ts'
export { type Device, devices } from './device-names.ts'
export { createDiskCache } from './disk-cache.ts'
export {
  type Betas,
  type ClipSettingName,
  clipSettingsIn,
  controlStrength,
  type DrawSettings,
  drawSettings,
  type Method,
  methods,
  type SamplerName,
  type Spacing,
  samplerNames,
} from './draw-settings.ts'
export { type Note, UserError } from './errors.ts'
export { type Frames, frameAt } from './frames.ts'
export { classifierGraph } from './nets/image-classifier.ts'
export { flopsOf } from './onnx/flops.ts'
export { Graph } from './onnx/graph.ts'
export { MatMul, Slice } from './onnx/ops.ts'
export { printGraph } from './onnx/print.ts'
export { partialFile } from './partial-file.ts'
export { checkClip } from './pipeline/clip/clip-input.ts'
export type { WindowPositions } from './pipeline/clip/plan-clip.ts'
export { checkControl } from './pipeline/control/control-input.ts'
export { type DrawingMemory, drawingMemory } from './pipeline/drawing-memory.ts'
export { decoderGraph, encoderGraph, textGraph, unetGraph } from './pipeline/graphs.ts'
export { type Inspection, type InspectOptions, inspect } from './pipeline/inspect/inspect.ts'
export { inspectInThread } from './pipeline/inspect/inspect-in-thread.ts'
export type { Closing } from './pipeline/loop/closing.ts'
export { distillationSaid } from './pipeline/loras/applied-loras.ts'
export { type BaseFiles, type Model, type ModelSources, type NamedEmbedding, type NamedLora, openModel } from './pipeline/model/model.ts'
export { type ModelDefaults, modelDefaults } from './pipeline/model-defaults.ts'
export type { Size } from './pipeline/nets.ts'
export { crossFrameLimits } from './pipeline/zero/zero-clip.ts'
export { countCores } from './runtime/cores.ts'
export { type Schedule, scheduleFor } from './samplers/schedule.ts'
export { syntheticLora } from './synthetic/lora.ts'
export { syntheticSd15 } from './synthetic/write.ts'
export type { Precision } from './targets/ability.ts'
export { cpu, noWinograd } from './targets/cpu.ts'
export { targetsFor } from './targets/table.ts'
export { type KeyedText, keyedTexts, overKeyedTexts } from './text/keyframes.ts'
export { formsOf, type KnownWords, knownWordsIn, nounsOf, wordsBySpelling, wordsIn } from './text/known-words.ts'
export { promptReadings } from './text/prompt-readings.ts'
