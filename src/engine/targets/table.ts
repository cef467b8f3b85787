// The table of targets: which one writes a net for which device. The VAE is always written in float32: its activations pass what float16
// can hold.

import type { Device } from '../device-names.ts'
import type { Ability } from './ability.ts'
import { coreml } from './coreml.ts'
import { cpu } from './cpu.ts'
import { cuda } from './cuda.ts'
import { directml } from './directml.ts'
import type { Target } from './target.ts'
import { webgpu } from './webgpu.ts'

export interface Targets {
  /** For the text encoder and the UNet. */
  readonly target: Target
  readonly vaeTarget: Target
}

const writers: Readonly<Record<Device, (ability: Ability) => Target>> = { cpu: () => cpu(), webgpu, cuda, dml: directml, coreml }

/** @param ability what the self-test found; nothing is asked of the CPU */
export function targetsFor(device: Device, ability: Ability): Targets {
  const write = writers[device]
  return { target: write(ability), vaeTarget: write({ ...ability, type: 'float32' }) }
}
