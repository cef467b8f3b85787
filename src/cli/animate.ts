// `zoetrope animate "a sentence"`: draws in a process of its own and shows how far it is; prints the path of the animation.

import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { readConfig } from '../config.ts'
import { factsOf, samplerNames } from '../engine/index.ts'
import { devices } from '../engine/targets/device.ts'
import { UserError } from '../errors.ts'
import type { AnimationRequest, Format, LoraFile, ModelFiles } from '../jobs/request.ts'
import { cacheFolder } from '../places.ts'
import type { Recipe } from '../render.ts'
import { recipeFor } from '../styles/recipe.ts'
import { createWorker } from '../worker/host.ts'
import type { Drawn } from '../worker/worker.ts'
import { collected, embeddingOf, loraOf, number, seedOf, size, whole } from './option-values.ts'
import { formatOf, formats, placeFor, writeWhole } from './output-file.ts'
import { progressBar } from './progress-bar.ts'
import { type ReadStyles, readStyles } from './read-styles.ts'
import { inBytes, type Print, printer } from './terminal.ts'

interface Flags {
  readonly negative?: string
  readonly style?: string
  readonly checkpoint?: string
  readonly motion?: string
  readonly vae?: string
  readonly lora: readonly LoraFile[]
  readonly embedding: readonly { readonly file: string; readonly word: string }[]
  readonly size?: readonly [width: number, height: number]
  readonly width?: number
  readonly height?: number
  readonly frames?: number
  readonly fps?: number
  readonly steps?: number
  readonly guidance?: number
  readonly seed?: string
  readonly sampler?: string
  readonly spacing?: NonNullable<AnimationRequest['spacing']>
  readonly betas?: NonNullable<AnimationRequest['betas']>
  readonly clipSkip?: number
  readonly format?: Format
  readonly maxBytes?: number
  readonly scale?: number
  readonly out?: string
  readonly device: string
  readonly threads?: number
  readonly verbose?: true
}

export function animateCommand(program: Command): void {
  const print = printer(program)
  program
    .command('animate')
    .description('draw a looping animation of a sentence')
    .argument('<prompt>', 'what to draw')
    .option('--negative <words>', 'what should not be in it')
    .option('--style <name>', 'one that ships (anime, sepia) or that was registered')
    .option(
      '--checkpoint <path>',
      'a Stable Diffusion 1.x checkpoint: a file, or a diffusers folder (what is installed, else the small model)',
    )
    .option('--motion <file>', 'a motion module for it')
    .option('--vae <file>', 'a VAE in the place of its own')
    .option('--lora <file[:strength]>', 'a LoRA, a motion LoRA or a domain adapter; may be given again', collected(loraOf), [])
    .option('--embedding <file[:word]>', 'a textual inversion and the word for it; may be given again', collected(embeddingOf), [])
    .option('--size <WxH>', 'pixels of a frame, such as 512x384', size)
    .option('--width <pixels>', 'of a frame, a multiple of 8', whole)
    .option('--height <pixels>', 'of a frame, a multiple of 8', whole)
    .option('--frames <count>', 'of the loop, 1 to 32 (16)', whole)
    .option('--fps <rate>', 'frames a second', number)
    .option('--steps <count>', 'from noise to picture', whole)
    .option('--guidance <scale>', 'how strictly the words are followed', number)
    .option('--seed <number>', '64-bit; the same seed draws the same animation (chance)', seedOf)
    .addOption(new Option('--sampler <name>', 'how it steps; the motion module decides otherwise').choices([...samplerNames]))
    .addOption(new Option('--spacing <name>', 'which timesteps it visits').choices(['leading', 'linspace', 'trailing']))
    .addOption(new Option('--betas <name>', 'the noise schedule').choices(['linear', 'scaled_linear']))
    .option('--clip-skip <layers>', '2 reads the second last layer of the text encoder', whole)
    .addOption(new Option('--format <name>', 'kind of file; otherwise as --out ends (webp)').choices([...formats]))
    .option('--max-bytes <count>', 'met by lowering quality, then size, then frames a second', whole)
    .option('--scale <factor>', 'of the finished picture; small ones are enlarged otherwise', number)
    .option('--out <file>', 'where it is written (out/zoetrope-SEED.webp)')
    .addOption(new Option('--device <name>', 'what draws').choices(['auto', ...devices]).default('auto'))
    .option('--threads <count>', 'of the CPU', whole)
    .option('--verbose', 'say why a faster device was passed over')
    .action(async (prompt: string, flags: Flags) => {
      const config = readConfig(process.env)
      const styles = await readStyles(config)
      const recipe = await recipeOf(prompt, flags, styles).finally(styles.close)
      const path = placeFor(flags.out, recipe.request)
      const { home, ffmpeg } = config
      const troubles: string[] = []
      const worker = createWorker({
        device: flags.device,
        cacheDir: cacheFolder(home),
        onTrouble: (sentence) => troubles.push(sentence),
        ...(flags.threads !== undefined && { threads: flags.threads }),
        ...(ffmpeg !== undefined && { ffmpeg }),
      })
      try {
        const { name, notes } = await worker.device()
        if (flags.verbose) for (const note of notes) print(note)
        const bar = progressBar(name)
        const drawn = await worker.draw(recipe, { onProgress: bar.show }).finally(bar.stop)
        writeWhole(path, drawn.animation.bytes)
        for (const trouble of troubles) print(trouble)
        tell(drawn, recipe, path, print)
      } finally {
        await worker.close()
      }
    })
}

async function recipeOf(prompt: string, flags: Flags, styles: ReadStyles): Promise<Recipe> {
  const model = modelOf(flags, styles.base)
  const facts = model ? factsOf(model) : await styles.book.model(flags.style)
  const [width, height] = flags.size ?? [facts.width, facts.height]
  const request: AnimationRequest = {
    prompt,
    negative: flags.negative ?? facts.negative,
    ...(flags.style !== undefined && { style: flags.style }),
    ...(model && { model }),
    width: flags.width ?? width,
    height: flags.height ?? height,
    frames: flags.frames ?? facts.frames,
    fps: flags.fps ?? facts.fps,
    steps: flags.steps ?? facts.steps,
    guidance: flags.guidance ?? facts.guidance,
    seed: flags.seed ?? String(randomInt(2 ** 32)),
    ...(flags.sampler !== undefined && { sampler: flags.sampler }),
    ...(flags.spacing !== undefined && { spacing: flags.spacing }),
    ...(flags.betas !== undefined && { betas: flags.betas }),
    clipSkip: flags.clipSkip ?? facts.clipSkip,
    format: formatOf(flags),
    ...(flags.maxBytes !== undefined && { maxBytes: flags.maxBytes }),
  }
  const recipe = await recipeFor(request, styles.book, styles.base)
  return { ...recipe, ...(flags.scale !== undefined && { scale: flags.scale }) }
}

/** Files that were named, over those that draw otherwise; undefined where none was. @throws UserError `style-and-files` */
function modelOf({ style, checkpoint, motion, vae, lora, embedding }: Flags, base: ModelFiles): ModelFiles | undefined {
  if (checkpoint === undefined && motion === undefined && vae === undefined && lora.length === 0 && embedding.length === 0) return undefined
  if (style !== undefined) {
    throw new UserError('style-and-files', 'A style has its own files: name a style, or files, not both.', { style })
  }
  const under: ModelFiles = checkpoint === undefined ? base : { checkpoint: resolve(checkpoint), loras: [] }
  return {
    ...under,
    ...(motion !== undefined && { motion: resolve(motion) }),
    ...(vae !== undefined && { vae: resolve(vae) }),
    loras: lora,
    ...(embedding.length > 0 && { embeddings: embedding }),
  }
}

function tell({ animation, notes }: Drawn, { request }: Recipe, path: string, print: Print): void {
  for (const { message } of notes) print(message)
  const { width, height, frames, fps, bytes } = animation
  const rate = Math.round(fps * 100) / 100
  print(`${frames} frames of ${width}×${height} at ${rate} a second, ${inBytes(bytes.length)}, seed ${request.seed}`)
  print(path)
}
