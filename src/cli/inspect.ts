// `zoetrope inspect FILE`: what a file is. An animation tells its settings, weights tell what they are, a model its printed graphs.

import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { readConfig } from '../config.ts'
import {
  type Device,
  decoderGraph,
  devices,
  encoderGraph,
  identify,
  kindOfFile,
  openModel,
  openWeightsAt,
  printGraph,
  targetsFor,
  textGraph,
  unetGraph,
} from '../engine/index.ts'
import { readSettings } from '../media/inspect.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { modelFolder, pocket } from '../paths.ts'
import { installedModels } from '../styles/download/installed-models.ts'
import { readPublishedModels } from '../styles/download/published-models.ts'
import { standardStream } from './animate/output-file.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { size, whole } from './command-line/flag-values.ts'
import { modelPath } from './command-line/model-path.ts'
import { readStandardInput } from './command-line/standard-input.ts'
import { animateCommandLine, whyNotAgain } from './inspect/animate-command-line.ts'
import { folderLines, type LabelledLine, weightLines } from './inspect/describe-weights.ts'
import type { Output } from './terminal/output.ts'
import { aligned, plainJson } from './terminal/plain-text.ts'

const nets = ['text', 'unet', 'decoder', 'encoder'] as const

interface Flags {
  readonly graph?: (typeof nets)[number]
  readonly motion?: string
  readonly frames: number
  readonly size: readonly [width: number, height: number]
  readonly device: Device
}

export function inspectCommand(program: Command, line: CommandLine): void {
  program
    .command('inspect')
    .description('what a file is: an animation and its settings, a checkpoint, a LoRA, a motion module; or a model’s graph, printed')
    .argument('<file>', 'an animation, a file of weights, a diffusers folder, or the name of a model that was pulled; - is standard input')
    .addOption(new Option('--graph <net>', 'print this net of a checkpoint as the graph that is run').choices([...nets]))
    .option('--motion <file>', 'with --graph unet: the motion module in it')
    .option('--frames <count>', 'with --graph unet: how many frames', whole, 16)
    .option('--size <WxH>', 'with --graph: pixels of a frame', size, [512, 512] as const)
    .addOption(new Option('--device <name>', 'with --graph: written for this device').choices([...devices]).default('cpu'))
    .action((named: string, flags: Flags) => withFile(named, line, (file) => inspectFile(file, flags, line)))
}

/** What is led in is laid down for as long as it is looked at: weights are read here and there. */
async function withFile(named: string, { prefix }: CommandLine, look: (file: string) => void): Promise<void> {
  if (named !== standardStream) {
    const installed = installedModels(modelFolder(readConfig(process.env).home), kindOfFile)
    return look(existsSync(named) ? named : modelPath(named, { installed, published: readPublishedModels(dirname(pocket)), prefix }))
  }
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-'))
  try {
    const file = join(folder, 'standard-input')
    writeFileSync(file, await readStandardInput())
    look(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function inspectFile(file: string, flags: Flags, { output, prefix }: CommandLine): void {
  if (flags.graph) {
    const graph = graphText(file, flags.graph, flags).trimEnd()
    output.line(graph)
    output.data({ net: flags.graph, graph: graph.split('\n') })
  } else if (isAnimation(file)) printAnimation(file, prefix, output)
  else printWeights(file, output)
}

function graphText(checkpoint: string, net: (typeof nets)[number], { motion, frames, size: [width, height], device }: Flags): string {
  const model = openModel({ checkpoint, ...omitUndefined({ motion }) })
  const { target, vaeTarget } = targetsFor(device, { type: device === 'cpu' ? 'float32' : 'float16', fused: new Set() })
  const [h, w] = [height / model.vae.architecture.factor, width / model.vae.architecture.factor]
  switch (net) {
    case 'text':
      return printGraph(textGraph(model, target, { prompts: 1 }))
    case 'unet':
      return printGraph(unetGraph(model, target, { animations: 1, frames, h, w, tokens: 77 }))
    case 'decoder':
      return printGraph(decoderGraph(model, vaeTarget, { pictures: 1, h, w }))
    case 'encoder':
      return printGraph(encoderGraph(model, vaeTarget, { pictures: 1, h, w }))
  }
}

function isAnimation(file: string): boolean {
  if (!statSync(file).isFile()) return false
  const head = Buffer.alloc(12)
  const fd = openSync(file, 'r')
  readSync(fd, head, 0, head.length, 0)
  closeSync(fd)
  return /^RIFF....WEBP|^GIF8[79]a|^....ftyp/s.test(head.toString('latin1'))
}

function printAnimation(file: string, prefix: string, output: Output): void {
  const embedded = readSettings(readFileSync(file))
  const { format, width, height, frames, durationMs, settings } = embedded
  const again = animateCommandLine(settings, prefix)
  const notAgain = whyNotAgain(settings)
  output.data({ ...embedded, ...omitUndefined({ again, notAgain }) })
  const rate = durationMs > 0 ? `, ${Math.round((frames * 1e5) / durationMs) / 100} a second` : ''
  printLines([['animation', `${format.toUpperCase()}, ${width}×${height}, ${frames} frames${rate}`]], output)
  output.line(settings === undefined ? 'It holds no settings: another program made it, or took them out.' : plainJson(settings))
  if (again) output.line(`\nTo draw it again:\n${again}`)
  if (notAgain) output.line(`\nNo command draws it again. ${notAgain}`)
}

/** A file, or every net of a diffusers folder. */
function printWeights(path: string, output: Output): void {
  const files = statSync(path).isDirectory() ? netsOfFolder(path) : [path]
  const seen = files.map((file) => {
    const opened = openWeightsAt(file)
    return { identity: identify(opened), metadata: opened.metadata }
  })
  output.data(seen.map(({ identity, metadata }) => ({ ...identity, metadata: Object.fromEntries(metadata) })))
  for (const [i, { identity, metadata }] of seen.entries()) {
    if (i > 0) output.line('')
    if (seen.length > 1) output.line(identity.path)
    printLines(weightLines(identity, metadata), output)
  }
  const together = seen.length === 1 ? [] : folderLines(path)
  if (together.length > 0) {
    output.line('')
    printLines(together, output)
  }
}

const folders = ['unet', 'vae', 'text_encoder', 'motion']

/** The folders of its nets, or the folder itself, which then holds one. */
function netsOfFolder(path: string): string[] {
  const parts = folders.map((name) => join(path, name)).filter((folder) => existsSync(folder))
  return parts.length > 0 ? parts : [path]
}

function printLines(lines: readonly LabelledLine[], output: Output): void {
  for (const line of aligned(lines)) output.line(line)
}
