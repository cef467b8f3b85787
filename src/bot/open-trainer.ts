// The trainer of styles that was chosen: GPU hosts, a device of this machine, or both.

import description from '../../package.json' with { type: 'json' }
import type { Config } from '../config.ts'
import type { Device } from '../engine/index.ts'
import type { JobRenderer } from '../jobs/renderer.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { deviceEnvironment, type ListedDevice, parseDeviceList, sharesDevice } from '../render/local/device-list.ts'
import { createLocalTrainer } from '../render/training/local-trainer.ts'
import type { PoolActivity } from '../render/training/pool-activity.ts'
import { createStyleTrainer, type StyleTrainerParts } from '../render/training/style-trainer.ts'
import { chooseTrainer, type HostTrainer, type TrainingRunner } from '../render/training/trainer.ts'

export interface OpenTrainerParts extends Pick<StyleTrainerParts, 'styles' | 'pool' | 'drawings' | 'onTrouble'> {
  readonly hosts: HostTrainer | undefined
  /** Of what is drawn on this machine; undefined: nothing is. */
  readonly activity: PoolActivity | undefined
}

/** Undefined where no styles are taught. */
export function openTrainer(config: Config, { hosts, activity, ...parts }: OpenTrainerParts): JobRenderer | undefined {
  const { trainingDevice, trainingSteps } = config
  if (!trainingDevice && !hosts) return undefined
  const local = trainingDevice ? localTrainer(config, trainingDevice, activity, parts.onTrouble) : undefined
  return createStyleTrainer({
    ...parts,
    trainer: chooseTrainer(omitUndefined({ hosts, local })),
    ...omitUndefined({ steps: trainingSteps }),
    now: () => performance.now(),
  })
}

function localTrainer(
  { device: drawing, threads, ffmpeg }: Config,
  training: ListedDevice,
  activity: PoolActivity | undefined,
  onTrouble: (error: unknown) => void,
): TrainingRunner {
  const shared = parseDeviceList(drawing)!.some((one) => sharesDevice(one, training))
  return createLocalTrainer({
    ...(shared && omitUndefined({ activity })),
    place: { device: training.device as Device, version: description.version, ...omitUndefined({ threads, ffmpeg }) },
    environment: deviceEnvironment(training, process.env),
    onTrouble,
  })
}
