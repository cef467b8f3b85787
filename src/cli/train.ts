// `zoetrope train lora|adapter|motion|motion-lora FOLDER`: learns from a folder of pictures or videos, shows how far it is, and writes a file
// that others read. Stopped or killed, the same command goes on.

import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import description from '../../package.json' with { type: 'json' }
import { type Config, readConfig } from '../config.ts'
import { devices } from '../engine/index.ts'
import { learningRates, lossWeightings, recomputations, type TraineeName, writtenTypes } from '../engine/run.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder } from '../paths.ts'
import { lookNames } from '../pocket-world/looks.ts'
import { createFileContents } from '../render/file-contents.ts'
import type { TrainingRequest } from '../trainer/training-request.ts'
import { runTraining, type TrainingProgress, type TrainingRunOptions, trainingFolder } from '../trainer/training-run.ts'
import { readStyleCatalog } from './animate/read-style-catalog.ts'
import type { CommandLine } from './command-line.ts'
import { number, seedOf, size, whole } from './flag-values.ts'
import type { Output } from './output.ts'
import { type TrainingBar, trainingBar } from './progress-bar.ts'
import { inBytes, inMillions } from './terminal.ts'
import { drawPreview } from './train/preview.ts'
import { type TrainFlags, trainingRequestFrom } from './train/request-from-flags.ts'

interface Kind {
  readonly does: string
  readonly steps: number
  readonly batch: number
  readonly lowRank: boolean
  readonly moves: boolean
}

const kinds: Readonly<Record<TraineeName, Kind>> = {
  lora: { does: 'a LoRA for a look or a subject, from pictures', steps: 1500, batch: 1, lowRank: true, moves: false },
  adapter: {
    does: "a domain adapter, from the videos that a motion module will learn from: their looks are not motion's",
    steps: 5000,
    batch: 4,
    lowRank: true,
    moves: false,
  },
  motion: { does: 'a motion module, from videos', steps: 10_000, batch: 4, lowRank: false, moves: true },
  'motion-lora': {
    does: 'a motion LoRA for a movement of the camera, from a few videos',
    steps: 2000,
    batch: 1,
    lowRank: true,
    moves: true,
  },
}

export function trainCommand(program: Command, { output }: CommandLine): void {
  const train = program.command('train').description('learn a LoRA, a motion module, a motion LoRA or a domain adapter from a folder')
  for (const [name, kind] of Object.entries(kinds) as [TraineeName, Kind][]) {
    withFlags(train.command(name), kind)
      .description(`learn ${kind.does}`)
      .argument(
        '[folder]',
        'pictures and videos, each with its caption in a .txt beside it, or in a .csv for all (file, caption; or as WebVid has it)',
      )
      .action((data: string | undefined, flags: TrainFlags) => trainAs(name, data, flags, output))
  }
}

function withFlags(command: Command, { steps, batch, lowRank, moves }: Kind): Command {
  command
    .requiredOption('--out <file>', lowRank ? 'a .safetensors' : 'a .safetensors in the official layout, or a folder in that of diffusers')
    .option('--checkpoint <path>', 'the base model, which stays as it is (what is installed, else the small model)')
    .option('--vae <file>', 'a VAE in the place of its own')
    .option('--caption <words>', 'for what has none')
    .addOption(new Option('--world <name>', 'scenes drawn by program instead of a folder: what the small model knows').choices(['pocket']))
    .option('--count <number>', 'of its scenes', whole, 200)
  if (!moves) command.addOption(new Option('--look <name>', 'in which they are drawn').choices([...lookNames]))
  if (moves) {
    command
      .option('--frames <count>', 'of a clip (16)', whole)
      .option('--stride <count>', 'every so many frames of the video; shorter ones are stretched (4)', whole)
    if (lowRank) command.option('--motion <file>', "the motion module that it is for (the base model's own)")
    else command.option('--from <path>', 'a motion module to go on with, instead of a new one')
  }
  if (lowRank) command.option('--rank <count>', 'of its matrices (16)', whole)
  if (lowRank && !moves) command.option('--alpha <number>', 'its strength is alpha / rank (the rank); a domain adapter has none', number)
  return command
    .option(
      '--size <WxH>',
      `pixels of what is learned from, cut at the centre (as the base model draws${moves ? ', at most 256x256' : ''})`,
      size,
    )
    .option('--clip-skip <layers>', '2 reads the second last layer of the text encoder', whole)
    .option('--steps <count>', 'updates of the weights', whole, steps)
    .option('--batch <count>', 'examples a step, one after the other, their gradients added: takes time, no memory', whole, batch)
    .option('--learning-rate <number>', 'of AdamW', number, 1e-4)
    .addOption(new Option('--schedule <name>', 'of the learning rate').choices([...learningRates]).default('constant'))
    .option('--warmup <steps>', 'in which the learning rate climbs from zero', whole, 0)
    .option('--weight-decay <number>', 'of AdamW', number, 0.01)
    .option('--clip <norm>', 'largest gradient, 0 for any', number, 1)
    .option('--average <decay>', 'write a running average of the weights, such as 0.999', number)
    .addOption(new Option('--weighting <name>', 'how much a timestep counts').choices([...lossWeightings]).default('none'))
    .option('--offset-noise <strength>', 'for dark and bright pictures, such as 0.05', number, 0)
    .option('--empty-captions <share>', 'of examples, for guidance', number, 0.1)
    .option(moves && !lowRank ? '--no-flip' : '--flip', moves && !lowRank ? 'mirror no example' : 'mirror half of the examples')
    .option('--seed <number>', 'decides everything that is left to chance', seedOf, '0')
    .addOption(new Option('--type <name>', 'of the numbers that are written').choices([...writtenTypes]).default('float16'))
    .addOption(
      new Option('--recomputation <amount>', 'more takes less memory and more time (as little as fits)').choices([...recomputations]),
    )
    .option('--save-every <steps>', 'a kill costs the steps since', whole, 100)
    .option('--preview <words>', 'draw them whenever the state is saved')
    .option('--restart', 'forget an earlier training of the same --out')
    .addOption(new Option('--device <name>', 'what computes; to the same bit on the CPU alone').choices([...devices]).default('cpu'))
    .option('--threads <count>', 'of the CPU; another count rounds otherwise', whole)
}

async function trainAs(kind: TraineeName, data: string | undefined, flags: TrainFlags, output: Output): Promise<void> {
  const config = readConfig(process.env)
  const request = await requestFor(kind, data, flags, config)
  const out = resolve(flags.out)
  mkdirSync(dirname(out), { recursive: true })
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const bar = trainingBar(output)
  try {
    const run = runTraining(request, out, optionsFor(flags, config, stop.signal))
    let next = await run.next()
    let last = 0
    for (; !next.done; next = await run.next()) {
      show(next.value, bar, output)
      if (next.value.stage !== 'saved') continue
      last = next.value.step
      next.value.write(out)
      if (flags.preview !== undefined) output.note(await drawPreview({ request, out, words: flags.preview, step: last, config }))
    }
    bar.stop()
    if (!next.value)
      throw new UserError('train-stopped', `Stopped after step ${last}; the same command goes on from there.`, { step: last })
    output.note(`${join(trainingFolder(out), 'losses.png')} shows how it went`)
    output.line(out)
    output.data({ out, losses: join(trainingFolder(out), 'losses.png') })
  } finally {
    bar.stop()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

async function requestFor(kind: TraineeName, data: string | undefined, flags: TrainFlags, config: Config): Promise<TrainingRequest> {
  const styles = await readStyleCatalog(config)
  try {
    return trainingRequestFrom(kind, data, { ...flags, flip: flags.flip ?? false }, styles.base)
  } finally {
    await styles.close()
  }
}

function optionsFor(flags: TrainFlags, { home, ffmpeg }: Config, signal: AbortSignal): TrainingRunOptions {
  const contents = createFileContents()
  const { device, saveEvery, threads, recomputation } = flags
  return {
    ...{ device, saveEvery: Math.max(1, saveEvery), signal, restart: flags.restart ?? false },
    ...omitUndefined({ threads, recomputation, ffmpeg }),
    cacheDir: cacheFolder(home),
    version: description.version,
    digestOf: async (path) => (await contents.of(path)).sha256,
    availableBytes: process.availableMemory(),
  }
}

function show(progress: TrainingProgress, bar: TrainingBar, output: Output): void {
  if (progress.stage === 'encoding') bar.show({ what: 'encoding', ...progress })
  if (progress.stage === 'training') bar.show({ what: 'training', done: progress.step, of: progress.of, loss: progress.loss })
  if (progress.stage !== 'ready') return
  const { plan, count, from, items } = progress
  bar.stop()
  output.note(
    `learns ${inMillions(count)} numbers from ${items} pictures or videos; takes ${inBytes(plan.forecast.totalBytes)} of memory, recomputation ${plan.recomputation}`,
  )
  if (from > 0) output.note(`goes on behind step ${from}`)
}
