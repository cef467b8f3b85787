// `zoetrope inspect FILE`: what a file is. An animation tells its settings, weights tell what they are, a model its printed graphs.

import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import {
  type Device,
  decoderGraph,
  devices,
  encoderGraph,
  identify,
  openModel,
  openWeightsAt,
  printGraph,
  targetsFor,
  textGraph,
  unetGraph,
} from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { readSettings } from '../media/inspect.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { size, whole } from './flag-values.ts'
import { animateCommandLine } from './inspect/animate-command-line.ts'
import { folderLines, type LabelledLine, weightLines } from './inspect/describe-weights.ts'
import { aligned, type Print, plainJson, printer } from './terminal.ts'

const nets = ['text', 'unet', 'decoder', 'encoder'] as const

interface Flags {
  readonly graph?: (typeof nets)[number]
  readonly motion?: string
  readonly frames: number
  readonly size: readonly [width: number, height: number]
  readonly device: Device
  readonly json?: true
}

export function inspectCommand(program: Command): void {
  const print = printer(program)
  program
    .command('inspect')
    .description('what a file is: an animation and its settings, a checkpoint, a LoRA, a motion module; or a model’s graph, printed')
    .argument('<file>', 'an animation, a file of weights, or a diffusers folder')
    .option('--json', 'as JSON')
    .addOption(new Option('--graph <net>', 'print this net of a checkpoint as the graph that is run').choices([...nets]))
    .option('--motion <file>', 'with --graph unet: the motion module in it')
    .option('--frames <count>', 'with --graph unet: how many frames', whole, 16)
    .option('--size <WxH>', 'with --graph: pixels of a frame', size, [512, 512] as const)
    .addOption(new Option('--device <name>', 'with --graph: written for this device').choices([...devices]).default('cpu'))
    .action((file: string, flags: Flags) => {
      if (!existsSync(file)) throw new UserError('file-missing', `There is no file ${file}.`, { file })
      if (flags.graph) return print(graphText(file, flags.graph, flags).trimEnd())
      if (isAnimation(file)) return printAnimation(file, flags, print)
      printWeights(file, flags, print)
    })
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

function printAnimation(file: string, { json }: Flags, print: Print): void {
  const embedded = readSettings(readFileSync(file))
  if (json) {
    print(plainJson(embedded))
    return
  }
  const { format, width, height, frames, durationMs, settings } = embedded
  const rate = durationMs > 0 ? `, ${Math.round((frames * 1e5) / durationMs) / 100} a second` : ''
  printLines([['animation', `${format.toUpperCase()}, ${width}×${height}, ${frames} frames${rate}`]], print)
  print(settings === undefined ? 'It holds no settings: another program made it, or took them out.' : plainJson(settings))
  const again = animateCommandLine(settings)
  if (again) print(`\nTo draw it again:\n${again}`)
}

/** A file, or every net of a diffusers folder. */
function printWeights(path: string, { json }: Flags, print: Print): void {
  const files = statSync(path).isDirectory() ? netsOfFolder(path) : [path]
  const seen = files.map((file) => {
    const opened = openWeightsAt(file)
    return { identity: identify(opened), metadata: opened.metadata }
  })
  if (json) print(plainJson(seen.map(({ identity, metadata }) => ({ ...identity, metadata: Object.fromEntries(metadata) }))))
  else
    for (const [i, { identity, metadata }] of seen.entries()) {
      if (i > 0) print('')
      if (seen.length > 1) print(identity.path)
      printLines(weightLines(identity, metadata), print)
    }
  const together = json || seen.length === 1 ? [] : folderLines(path)
  if (together.length > 0) {
    print('')
    printLines(together, print)
  }
}

const folders = ['unet', 'vae', 'text_encoder', 'motion']

/** The folders of its nets, or the folder itself, which then holds one. */
function netsOfFolder(path: string): string[] {
  const parts = folders.map((name) => join(path, name)).filter((folder) => existsSync(folder))
  return parts.length > 0 ? parts : [path]
}

function printLines(lines: readonly LabelledLine[], print: Print): void {
  for (const line of aligned(lines)) print(line)
}
