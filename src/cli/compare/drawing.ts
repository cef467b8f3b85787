// What is compared, drawn and measured: a variant after the other, so that what it is drawn with is loaded once.

import { join, resolve } from 'node:path'
import { defaultsBy } from '../../clip.ts'
import { readConfig } from '../../config.ts'
import { requiredSettingsIn } from '../../draw-settings.ts'
import { type Device, type Frames, modelDefaults } from '../../engine/index.ts'
import { type OpenEngine, openEngine } from '../../engine/run.ts'
import { openClip } from '../../engine/train.ts'
import { openClassifier } from '../../judge/classifier.ts'
import { wordsOfModel } from '../../judge/world-words.ts'
import { joinFrames } from '../../media/decode.ts'
import { encodeWebp } from '../../media/webp/webp.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { cacheFolder, pocket } from '../../paths.ts'
import type { Print } from '../terminal/plain-text.ts'
import { type ComparedPrompt, clipEye, type Eye, judgeEye } from './eyes.ts'
import { figuresOf } from './figures.ts'
import type { ComparedClip } from './page.ts'
import type { Variant } from './variants.ts'

export interface DrawingFlags {
  /** Its prompts are seen by the judge's eye. */
  readonly world?: 'pocket'
  /** Of the first clip. */
  readonly seed: number
  /** Clips of each prompt. */
  readonly seeds: number
  readonly size?: readonly [width: number, height: number]
  readonly frames?: number
  readonly steps?: number
  readonly guidance?: number
  readonly clip?: string
  readonly device: Device | 'auto'
  readonly threads?: number
}

interface Drawing {
  readonly variant: Variant
  readonly prompt: ComparedPrompt
  readonly seed: number
  readonly frames: number
}

type Draw = (drawing: Drawing) => Promise<Frames>

/** Of each prompt, what a clip's looks are compared with. */
const stillCount = 2

export type SeededClip = ComparedClip & { readonly seed: number }

export async function drawAll(
  prompts: readonly ComparedPrompt[],
  variants: readonly Variant[],
  flags: DrawingFlags,
  tell: Print,
): Promise<SeededClip[]> {
  const clip = flags.clip === undefined ? undefined : openClip(resolve(flags.clip))
  if (!clip && !flags.world) tell('No CLIP was named with --clip, so only pixels are measured: neither text, domain nor smoothness.')
  const engine = await openEngine(flags.device, {
    weightDir: join(cacheFolder(readConfig(process.env).home), 'weights'),
    ...omitUndefined({ threads: flags.threads }),
  })
  const eye = clip
    ? clipEye(clip, engine.started)
    : flags.world && judgeEye(await openClassifier(omitUndefined({ threads: flags.threads })), wordsOfModel(pocket))
  const draw = drawerOf(engine, flags)
  const clips: SeededClip[] = []
  try {
    for (const variant of variants) {
      for (const prompt of prompts) {
        for (let k = 0; k < flags.seeds; k++) {
          clips.push(await compared({ variant, prompt, seed: (prompt.asked?.seed ?? flags.seed) + k }, draw, flags, eye))
          tell(`${variant.name}: ${prompt.text}`)
        }
      }
    }
  } finally {
    await Promise.all([engine.close(), eye?.close()])
  }
  return clips
}

/** A clip and, by the same model, stills of the same words. */
async function compared(
  drawing: Omit<Drawing, 'frames'>,
  draw: Draw,
  { frames = 16 }: DrawingFlags,
  eye: Eye | undefined,
): Promise<SeededClip> {
  const { variant, prompt, seed } = drawing
  const drawn = await draw({ ...drawing, frames })
  const stills: Frames[] = []
  if (eye) for (let i = 0; i < stillCount; i++) stills.push(await draw({ ...drawing, seed: seed + 1000 + i, frames: 1 }))
  const figures = await figuresOf({ prompt, frames: drawn, stills: stills.length > 0 ? joinFrames(stills) : drawn }, eye)
  return {
    prompt: prompt.text,
    variant: variant.name,
    seed,
    figures,
    picture: await encodeWebp(drawn, { fps: modelDefaults(variant.model).fps, quality: 85 }),
  }
}

function drawerOf(engine: OpenEngine, { size: sides, steps, guidance }: DrawingFlags): Draw {
  return ({ variant: { model, method }, prompt, seed, frames }) => {
    const defaults = defaultsBy({ method, frames }, modelDefaults(model))
    const [width, height] = sides ?? [defaults.width, defaults.height]
    const settings = { ...requiredSettingsIn(defaults), ...omitUndefined({ steps, guidance }), width, height, frames }
    return engine.frames({ model, method, prompt: prompt.text, negative: defaults.negative, seed: BigInt(seed), ...settings })
  }
}
