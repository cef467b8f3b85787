// What can be trained, with the defaults of its recipe and the flags that it has besides.

import { type Command, Option } from 'commander'
import { reconstructions, type TraineeName, vaeParts } from '../../engine/train.ts'
import { cameraNames } from '../../pocket-world/camera.ts'
import { number, whole } from '../command-line/flag-values.ts'

export interface Kind {
  readonly does: string
  readonly steps: number
  readonly batch: number
  readonly learningRate: number
  readonly emptyCaptions: number
  readonly mirrors: boolean
  /** From clips alone; else from stills, if not told otherwise. */
  readonly moves: boolean
  /** What it is written as. */
  readonly out: 'file' | 'folder' | 'either'
  readonly captions: boolean
  /** Of a preview, what it begins with. */
  readonly previews?: string
  readonly flags: (command: Command) => Command
}

const usual = { learningRate: 1e-4, emptyCaptions: 0.1, mirrors: false, moves: false, out: 'file', captions: true } as const

const rank = (command: Command): Command => command.option('--rank <count>', 'of its matrices (16)', whole)
const from = (command: Command): Command =>
  command.option('--from <file|name>', 'one to go on with, its ranks as they are, instead of a new one')
const stride = (command: Command): Command =>
  command.option('--stride <count>', 'every so many frames of the video; shorter ones are stretched (4)', whole)
const clips = (command: Command): Command =>
  stride(command.option('--frames <count>', 'of a clip (16)', whole)).addOption(
    new Option('--camera <name>', 'by which scenes of --world are seen, out and back').choices([...cameraNames]),
  )
const beside = (command: Command): Command =>
  command.option('--motion <file|name>', "the motion module that it is for (the base model's own)")

export const kinds: Readonly<Record<TraineeName, Kind>> = {
  lora: {
    ...usual,
    does: 'a LoRA for a look or a subject, from pictures or clips',
    ...{ steps: 1500, batch: 1 },
    flags: (command) =>
      stride(beside(from(rank(command))))
        .option('--alpha <number>', 'its strength is alpha / rank (the rank)', number)
        .option('--frames <count>', 'of an example; of several, such as 16, it is a clip, in which what is learned holds still (1)', whole),
  },
  adapter: {
    ...usual,
    does: "a domain adapter, from the videos that a motion module will learn from: their looks are not motion's",
    ...{ steps: 5000, batch: 4 },
    flags: (command) => from(rank(command)),
  },
  motion: {
    ...usual,
    does: 'a motion module, from videos',
    ...{ steps: 10_000, batch: 4, mirrors: true, moves: true, out: 'either' },
    flags: (command) => clips(command).option('--from <file|name>', 'a motion module to go on with, instead of a new one'),
  },
  'motion-lora': {
    ...usual,
    does: 'a motion LoRA for a movement of the camera, from a few videos',
    ...{ steps: 2000, batch: 1, moves: true },
    flags: (command) => clips(beside(from(rank(command)))),
  },
  t2i: {
    ...usual,
    does: 'a whole image model, from pictures',
    ...{ steps: 5000, batch: 4, learningRate: 1e-5, out: 'folder' },
    flags: (command) => command.option('--text-encoder', 'it learns too'),
  },
  vae: {
    ...usual,
    does: 'a VAE, from pictures',
    ...{ steps: 5000, batch: 4, learningRate: 1e-5, emptyCaptions: 0, captions: false, out: 'folder' },
    flags: (command) =>
      command
        .addOption(
          new Option('--part <name>', 'whole: the encoder too, whose latents no other model knows then')
            .choices([...vaeParts])
            .default('decoder'),
        )
        .addOption(new Option('--reconstruction <name>', 'mean |y − x| or (y − x)²').choices([...reconstructions]).default('l1'))
        .option('--kl-weight <number>', 'of the divergence', number, 1e-6),
  },
  'textual-inversion': {
    ...usual,
    does: 'a word for a subject or a look, from pictures',
    ...{ steps: 3000, batch: 1, learningRate: 5e-4, emptyCaptions: 0 },
    flags: (command) =>
      command
        .requiredOption('--init <words>', 'what it is near to and begins as, such as toy')
        .option('--word <word>', "what stands for it in captions (--out's name); a caption without it is read as “word, caption”")
        .option('--vectors <count>', 'more say more and leave fewer to other words', whole, 1),
  },
  sparsectrl: {
    ...usual,
    does: 'a SparseCtrl, which steers clips by pictures for some frames, from videos',
    ...{ steps: 10_000, batch: 4, mirrors: true, moves: true, out: 'either' },
    previews: ', as a clip that begins with the first picture of its data (that of these very words, where there is one)',
    flags: (command) =>
      clips(beside(command)).option('--shown-frames <count>', 'at most, of an example; half of them show the first alone', whole, 4),
  },
}
