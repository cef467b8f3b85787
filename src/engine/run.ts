// The engine's entry point for computing: devices, sessions, the engine that draws, the comparison with reference tensors. Loads ONNX
// Runtime.

export { type ClipModel, type ClipRunner, embedFrames, embedPrompts, openClip } from './measures/clip-model.ts'
export { type ClipEmbeddings, domainSimilarity, motionSmoothness, textAlignment, unitRows } from './measures/clip-scores.ts'
export { pixelMotionOf } from './measures/pixel-motion.ts'
export { warpErrorOf } from './measures/warp-error.ts'
export {
  createEngine,
  type Engine,
  type EngineInput,
  type EngineOptions,
  type EngineOutput,
  type EngineProgress,
  type Loading,
} from './pipeline/engine.ts'
export { type LoadAlone, probeMachine } from './runtime/device-probe.ts'
export { chooseDevice } from './runtime/devices.ts'
export { selfTest } from './runtime/self-test.ts'
export { createSession, listBackends } from './runtime/session.ts'
export { createSessions, type Sessions } from './runtime/sessions.ts'
export { type StartedDevice, startDevice } from './runtime/start-device.ts'
export { forecastSd15 } from './training/forecast-sd15.ts'
export { type LearningRate, learningRates } from './training/learning-rate.ts'
export type { TextReading } from './training/objectives/caption-contexts.ts'
export { type LossWeighting, lossWeightings } from './training/objectives/loss.ts'
export type { TrainingItem } from './training/objectives/objective.ts'
export type { MemoryPlan } from './training/plan-memory.ts'
export { type Recomputation, recomputations } from './training/recompute.ts'
export type { MotionLayout } from './training/trainees/motion-module.ts'
export { type Trainee, type WrittenTrainee, type WrittenType, writtenTypes } from './training/trainees/trainee.ts'
export { type TraineeName, type TraineeOptions, traineeFor, traineeNames } from './training/trainees/trainee-for.ts'
export { reconstructions, type VaePart, vaeParts } from './training/trainees/vae-trainee.ts'
export { writeTrained } from './training/trainees/write-trained.ts'
export { openTrainer, type Trainer, type TrainerOptions, type Training } from './training/trainer.ts'
export type { TrainingStep } from './training/training-loop.ts'
export type { TrainingSettings } from './training/training-state.ts'
export type { Comparison } from './verify/comparison.ts'
export type { TestSession } from './verify/test-session.ts'
export { verify } from './verify/verify.ts'
