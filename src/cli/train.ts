// `zoetrope train lora|motion|t2i|… FOLDER`: learns from a folder of pictures or videos, shows how far it is, and writes what others read. Stopped or killed, the same command goes on.

import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import description from '../../package.json' with { type: 'json' }
import { type Config, readConfig } from '../config.ts'
import { devices } from '../engine/index.ts'
import { learningRates, lossWeightings, recomputations, type TraineeName, writtenTypes } from '../engine/train.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder, pocket } from '../paths.ts'
import { lookNames } from '../pocket-world/looks.ts'
import { createFileContents } from '../render/file-contents.ts'
import { readPublishedModels } from '../styles/download/published-models.ts'
import type { TrainingRequest } from '../trainer/training-request.ts'
import { runTraining, type TrainingProgress, type TrainingRunOptions, trainingFolder } from '../trainer/training-run.ts'
import { readStyleCatalog } from './animate/read-style-catalog.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { number, seedOf, size, whole } from './command-line/flag-values.ts'
import { modelPath } from './command-line/model-path.ts'
import type { Output } from './terminal/output.ts'
import { inBytes, inMillions } from './terminal/plain-text.ts'
import { type TrainingBar, trainingBar } from './terminal/progress-bar.ts'
import { type Kind, kinds } from './train/kinds.ts'
import { drawPreview } from './train/preview.ts'
import { type TrainFlags, trainingRequestFrom } from './train/request-from-flags.ts'

export function trainCommand(program: Command, { output, prefix }: CommandLine): void {
  const train = program
    .command('train')
    .description('learn any part of a model, or what is added to one, from a folder')
    .addHelpText('after', `\n${useOf(prefix)}`)
  for (const [name, kind] of Object.entries(kinds) as [TraineeName, Kind][]) {
    withFlags(train.command(name), kind)
      .description(`learn ${kind.does}`)
      .argument(
        '[folder]',
        kind.captions
          ? 'pictures and videos, each with its caption in a .txt beside it, or in a .csv for all (file, caption; or as WebVid has it)'
          : 'pictures and videos',
      )
      .action((data: string | undefined, flags: TrainFlags) => trainAs(name, data, flags, { output, prefix }))
  }
}

/** What was trained is drawn with by the flags of `animate`. */
const useOf = (prefix: string): string =>
  [
    'What was learned is drawn with: animate "words" --lora FILE (lora, adapter, motion-lora), --motion, --checkpoint (t2i), --vae,',
    '--embedding (textual-inversion), --control FILE --control-image 0:first.png (sparsectrl). From a folder, or from the small world:',
    '',
    `  ${prefix} train sparsectrl --world pocket --steps 300 --batch 1 --out steer`,
    `  ${prefix} animate "a red ball bouncing in a meadow" --control steer --control-image 0:first.png`,
  ].join('\n')

const outs: Readonly<Record<Kind['out'], string>> = {
  file: 'a .safetensors',
  folder: 'a folder in the layout of diffusers',
  either: 'a .safetensors in the official layout, or a folder in that of diffusers',
}

function withFlags(command: Command, kind: Kind): Command {
  const { steps, batch, moves, captions, mirrors } = kind
  command
    .requiredOption('--out <file>', outs[kind.out])
    .option('--checkpoint <file|name>', 'the base model, which stays as it is (what is installed, else the small model)')
    .option('--vae <file|name>', 'a VAE in the place of its own')
    .addOption(new Option('--world <name>', 'scenes drawn by program instead of a folder: what the small model knows').choices(['pocket']))
    .option('--count <number>', 'of its scenes', whole, 200)
  if (!moves) command.addOption(new Option('--look <name>', 'in which they are drawn').choices([...lookNames]))
  kind.flags(command)
  if (captions) {
    command
      .option('--caption <words>', 'for what has none')
      .option('--empty-captions <share>', 'of examples, for guidance', number, kind.emptyCaptions)
      .option('--clip-skip <layers>', '2 reads the second last layer of the text encoder', whole)
      .addOption(new Option('--weighting <name>', 'how much a timestep counts').choices([...lossWeightings]).default('none'))
      .option('--offset-noise <strength>', 'for dark and bright pictures, such as 0.05', number, 0)
      .option('--min-timestep <timestep>', 'least noise that is shown, such as 300 for movements of the whole picture (0)', whole)
      .option('--max-timestep <timestep>', 'most noise that is shown, up to but without it (1000)', whole)
  }
  command.option('--preview <words>', `draw them whenever the state is saved${kind.previews ?? ''}`)
  return command
    .option(
      '--size <WxH>',
      `pixels of what is learned from, cut at the centre (as the base model draws${moves ? ', at most 256x256' : ''})`,
      size,
    )
    .option('--steps <count>', 'updates of the weights', whole, steps)
    .option('--batch <count>', 'examples a step, one after the other, their gradients added: takes time, no memory', whole, batch)
    .option('--learning-rate <number>', 'of AdamW', number, kind.learningRate)
    .addOption(new Option('--schedule <name>', 'of the learning rate').choices([...learningRates]).default('constant'))
    .option('--warmup <steps>', 'in which the learning rate climbs from zero', whole, 0)
    .option('--weight-decay <number>', 'of AdamW', number, 0.01)
    .option('--clip <norm>', 'largest gradient, 0 for any', number, 1)
    .option('--average <decay>', 'write a running average of the weights, such as 0.999', number)
    .option(mirrors ? '--no-flip' : '--flip', mirrors ? 'mirror no example' : 'mirror half of the examples')
    .option('--seed <number>', 'decides everything that is left to chance', seedOf, '0')
    .addOption(new Option('--type <name>', 'of the numbers that are written').choices([...writtenTypes]).default('float16'))
    .addOption(
      new Option('--recomputation <amount>', 'more takes less memory and more time (as little as fits)').choices([...recomputations]),
    )
    .option('--save-every <steps>', 'a kill costs the steps since', whole, 100)
    .option('--restart', 'forget an earlier training of the same --out')
    .addOption(new Option('--device <name>', 'what computes; to the same bit on the CPU alone').choices([...devices]).default('cpu'))
    .option('--threads <count>', 'of the CPU; another count rounds otherwise', whole)
}

async function trainAs(
  kind: TraineeName,
  data: string | undefined,
  flags: TrainFlags,
  { output, prefix }: Pick<CommandLine, 'output' | 'prefix'>,
): Promise<void> {
  const config = readConfig(process.env)
  const request = await requestFor(kind, data, flags, { config, prefix })
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

async function requestFor(
  kind: TraineeName,
  data: string | undefined,
  flags: TrainFlags,
  { config, prefix }: { readonly config: Config; readonly prefix: string },
): Promise<TrainingRequest> {
  const styles = await readStyleCatalog(config)
  const models = { installed: styles.installed, published: readPublishedModels(dirname(pocket)), prefix }
  const path = (named: string | undefined): string | undefined => (named === undefined ? undefined : modelPath(named, models))
  try {
    const { checkpoint, motion, vae, from } = flags
    const files = omitUndefined({ checkpoint: path(checkpoint), motion: path(motion), vae: path(vae), from: path(from) })
    return trainingRequestFrom(kind, data, { ...flags, ...files, flip: flags.flip ?? false }, styles.base)
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
