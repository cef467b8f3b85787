// `zoetrope animate "a sentence"`: draws in a process of its own and shows how far it is; prints the path of the animation, and nothing else
// to standard output.

import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { formats } from '../animation-format.ts'
import { type Config, readConfig } from '../config.ts'
import { devices } from '../engine/device-names.ts'
import { betaSchedules, controlStrength, drawSettings, methods, samplerNames, spacings } from '../engine/draw-settings.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder, pocket } from '../paths.ts'
import { withLoadingProgress } from '../render/loading-progress.ts'
import { createLocalPool } from '../render/local/local-pool.ts'
import type { Recipe } from '../render/recipe.ts'
import type { Drawn } from '../render/render.ts'
import { builtInStyles } from '../styles/registry/built-in-styles.ts'
import { clipFlags } from './animate/clip-flags.ts'
import { placeFor, standardStream, writeWhole } from './animate/output-file.ts'
import type { Flags } from './animate/recipe-from-flags.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { collected, controlImageOf, embeddingOf, loraOf, number, seedOf, size, whole } from './command-line/flag-values.ts'
import { readStandardInput } from './command-line/standard-input.ts'
import type { Output } from './terminal/output.ts'
import { inBytes } from './terminal/plain-text.ts'
import { drawingBar } from './terminal/progress-bar.ts'

export function animateCommand(program: Command, line: CommandLine): void {
  const { output, signal } = line
  const shipped = builtInStyles(dirname(pocket)).map(({ name }) => name)
  const command = program
    .command('animate')
    .description('draw a looping animation of a sentence')
    .argument('<prompt>', 'what to draw; - reads it from standard input')
    .option('--negative <words>', 'what should not be in it')
    .option('--style <name>', `one that ships (${shipped.join(', ')}) or that was registered`)
    .option(
      '--checkpoint <file|name>',
      'a Stable Diffusion 1.x checkpoint: a file, a diffusers folder, or the name of one that was pulled (what is installed, else the small model)',
    )
    .option('--motion <file|name>', 'a motion module for it; without one it draws stills, and clips by --method zero')
    .option('--vae <file|name>', 'a VAE in the place of its own')
    .option('--lora <file|name[:strength]>', 'a LoRA, a motion LoRA or a domain adapter; may be given again', collected(loraOf), [])
    .option('--embedding <file[:word]>', 'a textual inversion and the word for it; may be given again', collected(embeddingOf), [])
    .option('--control <file|name>', 'a SparseCtrl, which steers the clip by pictures for some of its frames')
    .option(
      '--control-image <frame:picture>',
      'such as 0:first.png, or -1:last.png for the last; may be given again',
      collected(controlImageOf),
      [],
    )
    .option('--control-strength <number>', `how much it counts, ${controlStrength.min} to ${controlStrength.max} (1)`, number)
    .option('--size <WxH>', 'pixels of a frame, such as 512x384', size)
    .option('--width <pixels>', 'of a frame, a multiple of 8', whole)
    .option('--height <pixels>', 'of a frame, a multiple of 8', whole)
    .option(
      '--frames <count>',
      `of the loop, ${drawSettings.frames.min} to ${drawSettings.frames.max} (16; 8 by --method zero without a motion module)`,
      whole,
    )
    .option('--seconds <length>', 'how long it plays, in place of --frames', number)
    .option('--fps <rate>', 'frames a second', number)
    .option('--steps <count>', 'from noise to picture', whole)
    .option('--guidance <scale>', 'how strictly the words are followed', number)
    .option(
      '--guidance-end <share>',
      'of the steps that guidance is for, 0 to 1; those after it take half the time (what the model recommends, else 1)',
      number,
    )
    .addOption(new Option('--count <number>', 'so many with consecutive seeds, side by side in one file').choices(['1', '2', '3', '4']))
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
    .option('--out <file>', 'where it is written; - is standard output (out/zoetrope-SEED.webp)')
    .addOption(new Option('--device <name>', 'what draws').choices(['auto', ...devices]).default('auto'))
    .option('--threads <count>', 'of the CPU', whole)
    .option('--verbose', 'say why a faster device was passed over')
  command.action(async (words: string, flags: Flags) => {
    refuseTwoOutputs(flags, output)
    const prompt = words === '-' ? (await readStandardInput()).toString('utf8').trim() : words
    if (prompt.trim() === '') throw new UserError('prompt-empty', 'The prompt is empty: say what to draw.')
    const config = readConfig(process.env)
    const { home, ffmpeg } = config
    const troubles: string[] = []
    const pool = withLoadingProgress(
      createLocalPool({
        device: flags.device,
        cacheDir: cacheFolder(home),
        onTrouble: (sentence) => troubles.push(sentence),
        ...omitUndefined({ threads: flags.threads, ffmpeg }),
      }),
      { file: join(cacheFolder(home), 'load-times.json'), now: () => performance.now() },
    )
    try {
      // The pool takes as long to start as we take to find out what to draw.
      const [{ name, notes }, { recipe, path }] = await Promise.all([pool.device(), whatToDraw(prompt, flags, config, line)])
      signal.throwIfAborted()
      if (flags.verbose) for (const note of notes) output.note(note)
      const bar = drawingBar(name, output)
      const drawn = await pool.render(recipe, { onProgress: bar.show, signal }).finally(bar.stop)
      if (path === standardStream) process.stdout.write(drawn.animation.bytes)
      else writeWhole(path, drawn.animation.bytes)
      for (const trouble of troubles) output.note(trouble)
      tell({ drawn, recipe, path, device: name }, output)
      if (drawn.notes.some(({ code }) => code.startsWith('small-world'))) {
        output.note(`A model that knows more: ${line.prefix} models pull sd15 motion-v3`)
      }
    } finally {
      await pool.close()
    }
  })
}

function refuseTwoOutputs({ out }: Flags, { json }: Output): void {
  if (out !== standardStream) return
  if (json) throw new UserError('usage', '--json and --out - both want standard output: name one of them.')
  if (process.stdout.isTTY)
    throw new UserError('usage', 'Standard output is a terminal, which cannot show an animation: lead it into a file.')
}

async function whatToDraw(
  prompt: string,
  flags: Flags,
  config: Config,
  { prefix }: CommandLine,
): Promise<{ recipe: Recipe; path: string }> {
  const { recipeFromFlags } = await import('./animate/recipe-from-flags.ts') // brings the engine and the store
  const recipe = await recipeFromFlags(prompt, flags, config, prefix)
  return { recipe, path: placeFor(flags.out, recipe.request) }
}

interface Told {
  readonly drawn: Drawn
  readonly recipe: Recipe
  readonly path: string
  readonly device: string
}

function tell({ drawn: { animation, notes, closing }, recipe: { request }, path, device }: Told, output: Output): void {
  for (const { message } of notes) output.note(message)
  const { format, width, height, frames, fps, bytes } = animation
  const rate = Math.round(fps * 100) / 100
  const loop = closing ? `, loop ${closing.loop} with a seam of ${closing.seam.toFixed(2)}` : ''
  output.note(`${frames} frames of ${width}×${height} at ${rate} a second, ${inBytes(bytes.length)}, seed ${request.seed}${loop}`)
  if (path !== standardStream) output.line(path)
  const said = notes.map(({ code, message }) => ({ code, message }))
  const drawn = { format, width, height, frames, fps, bytes: bytes.length, ...(closing && { closing }) }
  output.data({ path, ...drawn, seed: request.seed, device, notes: said })
}
