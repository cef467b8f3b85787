// A training's state on disk: everything that the next step depends on, in one file that appears whole or not at all.

import { openTensorFile } from '../checkpoint/open.ts'
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors/write-safetensors.ts'
import { float32Of, type TensorFile } from '../checkpoint/tensor/tensor.ts'
import { UserError } from '../errors.ts'
import type { OptimizerState } from './optimizer.ts'

export interface TrainingState extends OptimizerState {
  /** The running average; absent where none is kept. */
  readonly average?: Float32Array
}

/** What a training was begun with; it goes on with the same alone. */
export type TrainingSettings = Readonly<Record<string, string | number | boolean>>

export function writeState(path: string, state: TrainingState, settings: TrainingSettings): void {
  const { weights, firstMoment, secondMoment, average, step } = state
  const tensors = Object.entries({ weights, firstMoment, secondMoment, ...(average && { average }) }).map(
    ([name, values]): TensorToWrite => ({
      name,
      dtype: 'F32',
      shape: [values.length],
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    }),
  )
  writeSafetensors(
    path,
    tensors,
    new Map([
      ['step', String(step)],
      ['settings', JSON.stringify(settings)],
    ]),
  )
}

/**
 * @param length of the weights
 * @throws UserError `train-other-settings` naming what differs, `train-state` for a file that is no state
 */
export function readState(path: string, settings: TrainingSettings, length: number): TrainingState {
  const file = openTensorFile(path)
  const before = settingsIn(file)
  const differing = [...new Set([...Object.keys(before), ...Object.keys(settings)])].filter((name) => before[name] !== settings[name])
  if (differing.length > 0) {
    const told = differing.map((name) => `${name} was ${before[name] ?? 'absent'} and is now ${settings[name] ?? 'absent'}`).join('; ')
    throw new UserError(
      'train-other-settings',
      `${path} was begun otherwise: ${told}. Ask for the same again, or begin anew with --restart.`,
      {
        path,
        differing,
      },
    )
  }
  const values = (name: string): Float32Array => {
    const tensor = file.tensors.get(name)
    if (tensor?.shape[0] !== length) throw new UserError('train-state', `${path} is not the state of this training.`, { path, name })
    return float32Of(tensor).slice()
  }
  return {
    weights: values('weights'),
    firstMoment: values('firstMoment'),
    secondMoment: values('secondMoment'),
    step: Number(file.metadata.get('step')),
    ...(file.tensors.has('average') && { average: values('average') }),
  }
}

function settingsIn({ path, metadata }: TensorFile): TrainingSettings {
  const settings: unknown = JSON.parse(metadata.get('settings') ?? 'null')
  if (typeof settings !== 'object' || settings === null)
    throw new UserError('train-state', `${path} is not the state of a training.`, { path })
  return settings as TrainingSettings
}
