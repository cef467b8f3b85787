// Loop sources: what draws the loops that are judged. A model, or the program that draws the truth.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readConfig } from '../../config.ts'
import { type DrawSettings, requiredSettingsIn } from '../../draw-settings.ts'
import { type Device, type Frames, modelDefaults, type NamedLora, type SamplerName } from '../../engine/index.ts'
import { openEngine } from '../../engine/run.ts'
import { UserError } from '../../errors.ts'
import { classifiedSquare } from '../../judge/classified-square.ts'
import { otherScene, type Prompt } from '../../judge/world-words.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { cacheFolder } from '../../paths.ts'
import { cameras, isCamera } from '../../pocket-world/camera.ts'
import { inLook, lookNames } from '../../pocket-world/looks.ts'
import { renderLoop } from '../../pocket-world/render.ts'

/** A LoRA in the model's folder, or the formula of its name. */
export interface JudgedStyle {
  readonly name: string
  readonly strength: number
  /** Where the command line does not say, before what the model recommends. */
  readonly settings?: Partial<DrawSettings>
}

export interface LoopSource {
  /** 128 × 128. */
  draw(prompt: Prompt, style?: JudgedStyle): Promise<Frames>
  close(): Promise<void>
}

/** Another drawing of the same words; looks are their formulas and cameras move, at full strength. */
export const truthSource: LoopSource = {
  async draw(prompt, style) {
    const scene = otherScene(prompt)
    const name = style?.name ?? ''
    if (isCamera(name)) return renderLoop(scene, { camera: cameras[name] })
    const look = lookNames.find((it) => it === name)
    return look === undefined ? renderLoop(scene) : inLook(renderLoop(scene), look)
  },
  close: async () => {},
}

export interface ModelSourceOptions {
  readonly device: Device | 'auto'
  /** Under every style, and under none. */
  readonly lora: readonly NamedLora[]
  readonly size?: readonly [width: number, height: number]
  readonly frames?: number
  readonly steps?: number
  readonly guidance?: number
  readonly guidanceEnd?: number
  readonly sampler?: SamplerName
  readonly threads?: number
}

/** @throws UserError those of opening the model */
export async function modelSource(folder: string, options: ModelSourceOptions): Promise<LoopSource> {
  const { device, lora, size, frames, steps, guidance, guidanceEnd, sampler, threads } = options
  const checkpoint = resolve(folder)
  const defaults = modelDefaults({ checkpoint, loras: lora })
  const [width, height] = size ?? [defaults.width, defaults.height]
  const recommended = { ...requiredSettingsIn(defaults), negative: defaults.negative, width, height }
  const asked = omitUndefined({ frames, steps, guidance, guidanceEnd, sampler })
  const engine = await openEngine(device, {
    weightDir: join(cacheFolder(readConfig(process.env).home), 'weights'),
    ...omitUndefined({ threads }),
  })
  return {
    async draw({ seed, text: prompt }, style) {
      const loras = style === undefined ? lora : [...lora, { file: styleFile(checkpoint, style.name), strength: style.strength }]
      const settings = { ...recommended, ...style?.settings, ...asked }
      return classifiedSquare(await engine.frames({ model: { checkpoint, loras }, prompt, seed: BigInt(seed), ...settings }))
    },
    close: engine.close,
  }
}

/** @throws UserError `judge-style` where the model's folder has no such LoRA */
export function styleFile(folder: string, name: string): string {
  const file = join(folder, 'loras', `${name}.safetensors`)
  if (existsSync(file)) return file
  throw new UserError('judge-style', `${folder} has no loras/${name}.safetensors.`, { style: name, folder })
}
