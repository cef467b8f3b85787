// Regularization images: what the base model itself draws of prompts that it knows, in the colours of the pictures that are learned from. Beside
// a few pictures without captions they say what of these is look and what is subject. After Ruiz et al., "DreamBooth" (arXiv 2208.12242),
// section 3.3, whose images keep their own colours because there a subject is learned.

import { requiredSettingsIn } from '../draw-settings.ts'
import { type BaseFiles, type Device, type Frames, modelDefaults } from '../engine/index.ts'
import { openEngine } from '../engine/run.ts'
import { type ColourStatistics, colourStatistics, transferColours } from '../media/pixels/colour-transfer.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { DatasetEntry } from './dataset.ts'

export interface RegularizationOptions {
  readonly model: BaseFiles
  /** One image of each; their captions behind the word. */
  readonly prompts: readonly string[]
  /** Of what is learned from, before each prompt. */
  readonly caption: string
  /** Of everything that decides what the base model draws. */
  readonly baseDigest: string
  readonly device: Device
  readonly threads?: number
  /** Where computed weights are kept. */
  readonly weightDir: string
}

export interface RegularizationImages {
  readonly entries: readonly DatasetEntry[]
  close(): Promise<void>
}

/** A still of the small model is not whole sooner. */
const steps = 25

/** So many of the images say what colours the base model draws in. */
const measured = 24

/** Nothing is drawn before its latents are needed. @param pictures whose colours they take */
export function regularizationImages(pictures: readonly DatasetEntry[], options: RegularizationOptions): RegularizationImages {
  const { prompts, caption, baseDigest } = options
  type Size = Parameters<DatasetEntry['decode']>[0]
  const open: { drawer?: Promise<Drawer>; colours?: Promise<Colours> } = {}
  const drawn = async (n: number, size: Size): Promise<Frames> => {
    open.drawer ??= openDrawer(options)
    return (await open.drawer).draw(prompts[n]!, n, size)
  }
  async function coloursAt(size: Size): Promise<Colours> {
    const own: Frames[] = []
    for (let n = 0; n < Math.min(measured, prompts.length); n++) own.push(await drawn(n, size))
    const wanted: Frames[] = []
    for (const picture of pictures) wanted.push(await picture.decode(size))
    return { from: colourStatistics(own), to: colourStatistics(wanted) }
  }
  const stamps = pictures.map(({ stamp }) => stamp)
  return {
    entries: prompts.map((prompt, n) => ({
      name: `regularization ${n}`,
      caption: `${caption}, ${prompt}`,
      stamp: JSON.stringify(['regularization', baseDigest, steps, prompts.slice(0, measured), prompt, n, stamps]),
      async decode(size) {
        open.colours ??= coloursAt(size)
        const { from, to } = await open.colours
        return transferColours(await drawn(n, size), from, to)
      },
    })),
    async close() {
      const drawer = await open.drawer
      delete open.drawer
      await drawer?.close()
    },
  }
}

interface Colours {
  readonly from: ColourStatistics
  readonly to: ColourStatistics
}

interface Drawer {
  draw(prompt: string, seed: number, size: { readonly width: number; readonly height: number }): Promise<Frames>
  close(): Promise<void>
}

async function openDrawer({ model, device, threads, weightDir }: RegularizationOptions): Promise<Drawer> {
  const files = { ...model, loras: [] }
  const engine = await openEngine(device, omitUndefined({ threads, weightDir }))
  const defaults = modelDefaults(files)
  return {
    draw(prompt, seed, { width, height }) {
      const settings = { ...requiredSettingsIn(defaults), ...defaults.still, negative: defaults.negative, width, height, steps, frames: 1 }
      return engine.frames({ model: files, prompt, seed: BigInt(seed), ...settings })
    },
    close: engine.close,
  }
}
