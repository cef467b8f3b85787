// `zoetrope compare "a sentence" …`: the same prompts and seeds by several methods, on several bases, in several styles; what each loses and
// gains, in the measures of AnimateDiff's paper and in pixels, as a table and as a page.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readConfig } from '../config.ts'
import { requiredSettingsIn } from '../draw-settings.ts'
import {
  type BaseFiles,
  type Device,
  devices,
  type Frames,
  type Method,
  methods,
  modelDefaults,
  type NamedLora,
  scaleMotion,
} from '../engine/index.ts'
import { createEngine, createSessions, type Engine, openClip, startDevice } from '../engine/run.ts'
import { UserError } from '../errors.ts'
import { encodeWebp } from '../media/webp/webp.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder } from '../paths.ts'
import { writeWhole } from './animate/output-file.ts'
import { readStyleCatalog } from './animate/read-style-catalog.ts'
import type { CommandLine } from './command-line.ts'
import { type ClipEye, figureRows, figuresOf, meanFigures } from './compare/figures.ts'
import { type ComparedClip, comparisonPage } from './compare/page.ts'
import { type Variant, variantsOf } from './compare/variants.ts'
import { collected, loraOf, number, size, whole } from './flag-values.ts'
import type { Output } from './output.ts'
import { aligned, type Print } from './terminal.ts'

interface Flags {
  readonly methods: readonly Method[]
  readonly base: readonly string[]
  readonly motion?: string
  readonly motionStrength: readonly number[]
  readonly vae?: string
  readonly style: readonly NamedLora[]
  readonly seeds: number
  readonly size?: readonly [width: number, height: number]
  readonly frames?: number
  readonly steps?: number
  readonly guidance?: number
  readonly clip?: string
  readonly page?: string
  readonly device: Device | 'auto'
  readonly threads?: number
}

export function compareCommand(program: Command, { output }: CommandLine): void {
  program
    .command('compare')
    .description('draw the same prompts by several methods, on several bases, in several styles, and measure what came out')
    .argument('<prompts...>', 'what to draw; several in quotes')
    .option('--methods <names>', `with commas between: ${methods.join(', ')}`, methodsOf, [...methods])
    .option(
      '--base <path>',
      'a checkpoint; may be given again: the same motion module on each (what is installed, else the small model)',
      collected(resolvePath),
      [],
    )
    .option('--motion <file>', 'the motion module on all of them')
    .option(
      '--motion-strength <number>',
      'of the motion module, 0 for none, 1 as it was trained; may be given again',
      collected(number),
      [],
    )
    .option('--vae <file>', 'a VAE in the place of their own')
    .option('--style <file[:strength]>', 'a LoRA, compared with none; may be given again, at other strengths too', collected(loraOf), [])
    .option('--seeds <count>', 'clips of each prompt', whole, 1)
    .option('--size <WxH>', 'pixels of a frame', size)
    .option('--frames <count>', 'of a clip', whole)
    .option('--steps <count>', 'from noise to picture', whole)
    .option('--guidance <scale>', 'how strictly the words are followed', number)
    .option('--clip <folder>', "a CLIP in transformers' layout, for text, domain and smoothness; without one, pixels alone are measured")
    .option('--page <file>', 'also write a page with everything that was drawn')
    .addOption(new Option('--device <name>', 'what draws').choices(['auto', ...devices]).default('auto'))
    .option('--threads <count>', 'of the CPU', whole)
    .action((prompts: readonly string[], flags: Flags) => compare(prompts, flags, output))
}

const resolvePath = (text: string): string => resolve(text)

function methodsOf(text: string): Method[] {
  return text.split(',').map((word) => {
    const known = methods.find((name) => name === word.trim())
    if (!known) throw new InvalidArgumentError(`There are ${methods.join(', ')}.`)
    return known
  })
}

interface Drawing {
  readonly variant: Variant
  readonly prompt: string
  readonly seed: number
  readonly frames: number
}

type Draw = (drawing: Drawing) => Promise<Frames>

/** Of each prompt, what a clip's looks are compared with. */
const stillCount = 2

async function compare(prompts: readonly string[], flags: Flags, output: Output): Promise<void> {
  const { frames = 16 } = flags
  if (frames < 3) throw new UserError('compare-frames', `Motion is measured over at least 3 frames, not ${frames}.`, { frames })
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-compare-'))
  try {
    const variants = await variantsFrom(flags, folder)
    await report(variants, await drawAll(prompts, variants, flags, output.line), flags, output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type SeededClip = ComparedClip & { readonly seed: number }

async function drawAll(prompts: readonly string[], variants: readonly Variant[], flags: Flags, tell: Print): Promise<SeededClip[]> {
  const clip = flags.clip === undefined ? undefined : openClip(resolve(flags.clip))
  if (!clip) tell('No CLIP was named with --clip, so only pixels are measured: neither text, domain nor smoothness.')
  const started = await startDevice(flags.device, {
    weightDir: join(cacheFolder(readConfig(process.env).home), 'weights'),
    ...omitUndefined({ threads: flags.threads }),
  })
  const sessions = createSessions({ budgetBytes: 4e9, load: started.load })
  const engine = createEngine({ sessions, target: started.target, vaeTarget: started.vaeTarget })
  const eye = clip && { clip, runner: started }
  const draw = drawerOf(engine, flags)
  const clips: SeededClip[] = []
  try {
    for (const prompt of prompts) {
      for (const variant of variants) {
        for (let seed = 0; seed < flags.seeds; seed++) {
          clips.push(await compared({ variant, prompt, seed }, draw, flags, eye))
          tell(`${variant.name}: ${prompt}`)
        }
      }
    }
  } finally {
    await engine.close()
  }
  return clips
}

async function report(variants: readonly Variant[], clips: readonly SeededClip[], { page }: Flags, output: Output): Promise<void> {
  const means = variants.map(({ name }) => ({
    variant: name,
    figures: meanFigures(clips.filter(({ variant }) => variant === name).map(({ figures }) => figures)),
  }))
  const table = aligned(figureRows(means), [1, 2, 3, 4, 5, 6, 7])
  output.data({ variants: means, clips: clips.map(({ picture: _, ...rest }) => rest) })
  output.line(['', ...table].join('\n'))
  if (page === undefined) return
  const prompts = new Set(clips.map(({ prompt }) => prompt)).size
  writeWhole(page, Buffer.from(await comparisonPage(`${prompts} prompts, ${variants.length} ways`, table, clips)))
  output.line(page)
}

/**
 * @param folder for copies of the motion module at other strengths
 * @throws UserError `compare-motion` where a method has nothing to move with
 */
async function variantsFrom({ base, motion, motionStrength, vae, style, methods: wanted }: Flags, folder: string): Promise<Variant[]> {
  const styles = await readStyleCatalog(readConfig(process.env))
  const installed = styles.base
  await styles.close()
  const under: BaseFiles = base.length > 0 ? { checkpoint: base[0]! } : installed
  const path = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolve(file))
  const file = path(motion) ?? under.motion ?? ownMotion(under.checkpoint)
  const motions = motionStrength.map((strength) => {
    if (file === undefined)
      throw new UserError('compare-motion', 'A strength is that of a motion module, and none was named: --motion FILE.')
    return { strength, file: scaleMotion(file, strength, join(folder, String(strength))) }
  })
  const variants = variantsOf({
    ...{ methods: wanted, bases: base.length > 0 ? base : [installed.checkpoint], styles: style },
    motions: motions.length > 0 ? motions : [omitUndefined({ file: path(motion) ?? under.motion })],
    ...omitUndefined({ vae: path(vae) ?? under.vae }),
  })
  for (const { name, method, model } of variants) {
    if (method === 'zero' || modelDefaults(model).maxFrames > 1) continue
    throw new UserError('compare-motion', `${name} has no motion module: name one with --motion, or compare --methods zero alone.`, {
      name,
    })
  }
  return variants
}

/** A model's folder may have one inside. */
function ownMotion(checkpoint: string): string | undefined {
  const inside = join(checkpoint, 'motion')
  return existsSync(inside) ? inside : undefined
}

/** A clip and, by the same model, stills of the same words. */
async function compared(
  drawing: Omit<Drawing, 'frames'>,
  draw: Draw,
  { frames = 16 }: Flags,
  eye: ClipEye | undefined,
): Promise<SeededClip> {
  const { variant, prompt, seed } = drawing
  const drawn = await draw({ ...drawing, frames })
  const stills: Frames[] = []
  if (eye) for (let i = 0; i < stillCount; i++) stills.push(await draw({ ...drawing, seed: seed + 1000 + i, frames: 1 }))
  const figures = await figuresOf({ prompt, frames: drawn, stills: stills.length > 0 ? joined(stills) : drawn }, eye)
  return {
    prompt,
    variant: variant.name,
    seed,
    figures,
    picture: await encodeWebp(drawn, { fps: modelDefaults(variant.model).fps, quality: 85 }),
  }
}

function joined(stills: readonly Frames[]): Frames {
  const { width, height } = stills[0]!
  const data = new Uint8Array(stills.length * width * height * 3)
  for (const [i, still] of stills.entries()) data.set(still.data, i * width * height * 3)
  return { count: stills.length, width, height, data }
}

function drawerOf(engine: Engine, { size: sides, steps, guidance }: Flags): Draw {
  return async ({ variant: { model, method }, prompt, seed, frames }) => {
    const defaults = modelDefaults(model)
    const [width, height] = sides ?? [defaults.width, defaults.height]
    const settings = { ...requiredSettingsIn(defaults), ...omitUndefined({ steps, guidance }), width, height, frames }
    const run = engine.draw({ model, method, prompt, negative: defaults.negative, seed: BigInt(seed), ...settings })
    let turn = await run.next()
    while (!turn.done) turn = await run.next()
    return turn.value.frames
  }
}
