// `zoetrope animate "a sentence"`: draws in a process of its own and shows how far it is; prints the path of the animation.

import { type Command, Option } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { devices } from '../engine/device-names.ts'
import { betaSchedules, drawSettings, methods, samplerNames, spacings } from '../engine/draw-settings.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder } from '../paths.ts'
import { createLocalPool } from '../render/local/local-pool.ts'
import type { Recipe } from '../render/recipe.ts'
import type { Drawn } from '../render/render.ts'
import { clipFlags } from './animate/clip-flags.ts'
import { formats, placeFor, writeWhole } from './animate/output-file.ts'
import type { Flags } from './animate/recipe-from-flags.ts'
import { collected, embeddingOf, loraOf, number, seedOf, size, whole } from './flag-values.ts'
import { drawingBar } from './progress-bar.ts'
import { inBytes, type Print, printer } from './terminal.ts'

export function animateCommand(program: Command): void {
  const print = printer(program)
  const command = program
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
    .option('--frames <count>', `of the loop, ${drawSettings.frames.min} to ${drawSettings.frames.max} (16)`, whole)
    .option('--seconds <length>', 'how long it plays, in place of --frames', number)
    .option('--fps <rate>', 'frames a second', number)
    .option('--steps <count>', 'from noise to picture', whole)
    .option('--guidance <scale>', 'how strictly the words are followed', number)
    .option('--seed <number>', '64-bit; the same seed draws the same animation (chance)', seedOf)
    .addOption(new Option('--method <name>', 'zero draws motion without a motion module (Text2Video-Zero)').choices([...methods]))
    .addOption(new Option('--sampler <name>', 'how it steps; the motion module decides otherwise').choices([...samplerNames]))
    .addOption(new Option('--spacing <name>', 'which timesteps it visits').choices([...spacings]))
    .addOption(new Option('--betas <name>', 'the noise schedule').choices([...betaSchedules]))
    .option('--clip-skip <layers>', '2 reads the second last layer of the text encoder', whole)
  for (const option of clipFlags()) command.addOption(option)
  command
    .addOption(new Option('--format <name>', 'kind of file; otherwise as --out ends (webp)').choices([...formats]))
    .option('--max-bytes <count>', 'met by lowering quality, then size, then frames a second', whole)
    .option('--scale <factor>', 'of the finished picture; small ones are enlarged otherwise', number)
    .option('--out <file>', 'where it is written (out/zoetrope-SEED.webp)')
    .addOption(new Option('--device <name>', 'what draws').choices(['auto', ...devices]).default('auto'))
    .option('--threads <count>', 'of the CPU', whole)
    .option('--verbose', 'say why a faster device was passed over')
    .action(async (prompt: string, flags: Flags) => {
      const config = readConfig(process.env)
      const { home, ffmpeg } = config
      const troubles: string[] = []
      const pool = createLocalPool({
        device: flags.device,
        cacheDir: cacheFolder(home),
        onTrouble: (sentence) => troubles.push(sentence),
        ...omitUndefined({ threads: flags.threads, ffmpeg }),
      })
      try {
        // The pool takes as long to start as we take to find out what to draw.
        const [{ name, notes }, { recipe, path }] = await Promise.all([pool.device(), whatToDraw(prompt, flags, config)])
        if (flags.verbose) for (const note of notes) print(note)
        const bar = drawingBar(name)
        const drawn = await pool.render(recipe, { onProgress: bar.show }).finally(bar.stop)
        writeWhole(path, drawn.animation.bytes)
        for (const trouble of troubles) print(trouble)
        tell(drawn, recipe, path, print)
      } finally {
        await pool.close()
      }
    })
}

async function whatToDraw(prompt: string, flags: Flags, config: Config): Promise<{ recipe: Recipe; path: string }> {
  const { recipeFromFlags } = await import('./animate/recipe-from-flags.ts') // brings the engine and the store
  const recipe = await recipeFromFlags(prompt, flags, config)
  return { recipe, path: placeFor(flags.out, recipe.request) }
}

function tell({ animation, notes, closing }: Drawn, { request }: Recipe, path: string, print: Print): void {
  for (const { message } of notes) print(message)
  const { width, height, frames, fps, bytes } = animation
  const rate = Math.round(fps * 100) / 100
  const loop = closing ? `, loop ${closing.loop} with a seam of ${closing.seam.toFixed(2)}` : ''
  print(`${frames} frames of ${width}×${height} at ${rate} a second, ${inBytes(bytes.length)}, seed ${request.seed}${loop}`)
  print(path)
}
