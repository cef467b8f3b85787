// The engine's entry point for drawing: devices, sessions, the engine. Loads ONNX Runtime.

export {
  createEngine,
  type Engine,
  type EngineInput,
  type EngineOptions,
  type EngineOutput,
  type EngineProgress,
  type Loading,
} from './pipeline/engine.ts'
export { type OpenEngine, openEngine } from './pipeline/open-engine.ts'
export { type LoadAlone, probeMachine } from './runtime/device-probe.ts'
export { chooseDevice } from './runtime/devices.ts'
export { selfTest } from './runtime/self-test.ts'
export { createSession, listBackends } from './runtime/session.ts'
export { createSessions, type Sessions } from './runtime/sessions.ts'
export { type StartedDevice, startDevice } from './runtime/start-device.ts'
