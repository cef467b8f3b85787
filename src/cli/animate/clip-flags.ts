// Flags of clips, from the table of draw settings: how they loop, in which windows they are drawn, what changes over their frames.

import { Option } from 'commander'
import { clipSettings } from '../../engine/draw-settings.ts'
import { number, whole } from '../command-line/flag-values.ts'

const about: Readonly<Record<keyof typeof clipSettings, string>> = {
  loop: 'how the end meets the beginning; auto does what the motion module needs',
  windows: 'where context windows lie, in which a long clip is drawn',
  windowLength: 'frames of a window',
  windowOverlap: 'frames that neighbouring windows share',
  windowStride: 'of uniform windows: above 1, wide ones that take every second, fourth … frame too',
  fuse: 'how overlapping windows are averaged',
  windowLevel: 'windows around the UNet, or inside every motion module',
  freeNoise: 'all windows start from the noise of one',
  interpolation: 'between the texts of a prompt such as "0: spring | 16: autumn"',
  promptHold: 'the share of the way to the next for which a text holds, 0 to 1',
  strengthTravel: 'strength of LoRAs over the frames, times their own, such as "0: 0.2 | 16: 1"',
  guidanceTravel: 'guidance that changes over the frames, such as "0: 7 | 16: 4"',
}

export function clipFlags(): Option[] {
  return Object.entries(clipSettings).map(([name, setting]) => {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const usual = setting.absent === '' ? '' : ` (${setting.absent})`
    const option = new Option(
      `--${flag} <${setting.kind === 'choice' ? 'name' : 'value'}>`,
      about[name as keyof typeof clipSettings] + usual,
    )
    if (setting.kind === 'choice') return option.choices([...setting.choices])
    if (setting.kind === 'text') return option
    return option.argParser(setting.kind === 'integer' ? whole : number)
  })
}
