// `zoetrope compare "a sentence" …`: the same prompts and seeds by several methods, on several bases, in several styles; what each loses and
// gains, in the measures of AnimateDiff's paper and in pixels, as a table and as a page. `--world pocket` asks the paper's questions.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { devices, type Method, methods } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { writeWhole } from './animate/output-file.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { collected, loraOf, number, size, whole } from './command-line/flag-values.ts'
import { type DrawingFlags, drawAll, type SeededClip } from './compare/drawing.ts'
import { figureRows, meanFigures } from './compare/figures.ts'
import { comparisonPage } from './compare/page.ts'
import { type Question, variantsIn } from './compare/questions.ts'
import type { Variant } from './compare/variants.ts'
import { type VariantFlags, variantsFrom } from './compare/variants-from-flags.ts'
import { type WorldFlags, worldPrompts, worldQuestions } from './compare/world.ts'
import type { Output } from './terminal/output.ts'
import { aligned } from './terminal/plain-text.ts'

interface Flags extends VariantFlags, WorldFlags, DrawingFlags {
  readonly page?: string
}

export function compareCommand(program: Command, { output }: CommandLine): void {
  program
    .command('compare')
    .description('draw the same prompts by several methods, on several bases, in several styles, and measure what came out')
    .argument('[prompts...]', 'what to draw; several in quotes')
    .addOption(
      new Option(
        '--world <name>',
        "random prompts of the small model's world instead, seen by the judge's eye: Text2Video-Zero, other bases (--base), the module's strength",
      ).choices(['pocket']),
    )
    .option('--count <number>', 'of its prompts', whole, 8)
    .option('--seed <number>', 'of the first; the next ones follow', whole, 0)
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

async function compare(prompts: readonly string[], flags: Flags, output: Output): Promise<void> {
  const { frames = 16, world } = flags
  if (frames < 3) throw new UserError('compare-frames', `Motion is measured over at least 3 frames, not ${frames}.`, { frames })
  if ((prompts.length === 0) === (world === undefined)) {
    throw new UserError('compare-prompts', 'Compare either prompts or a world: name the one or the other.', { world })
  }
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-compare-'))
  try {
    const asked = world ? worldPrompts(flags) : prompts.map((text) => ({ text }))
    const questions = world ? worldQuestions(flags, folder) : [{ variants: await variantsFrom(flags, folder) }]
    await report(questions, await drawAll(asked, variantsIn(questions), flags, output.line), flags, output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function report(questions: readonly Question[], clips: readonly SeededClip[], { page }: Flags, output: Output): Promise<void> {
  const means = (variants: readonly Variant[]) =>
    variants.map(({ name }) => ({
      variant: name,
      figures: meanFigures(clips.filter(({ variant }) => variant === name).map(({ figures }) => figures)),
    }))
  const tables = questions.map(({ title, variants }) => ({ ...omitUndefined({ title }), variants: means(variants) }))
  const lines = tables.flatMap(({ title, variants }) => {
    const [head, ...rows] = figureRows(variants)
    const columns = head!.map((_, i) => i).slice(1)
    return ['', ...aligned([[title ?? '', ...head!.slice(1)], ...rows], columns)]
  })
  output.data({
    variants: means(variantsIn(questions)),
    ...(tables.length > 1 && { questions: tables }),
    clips: clips.map(({ picture: _, ...rest }) => rest),
  })
  output.line(lines.join('\n'))
  if (page === undefined) return
  const prompts = new Set(clips.map(({ prompt }) => prompt)).size
  writeWhole(page, Buffer.from(await comparisonPage(`${prompts} prompts, ${variantsIn(questions).length} ways`, lines.slice(1), clips)))
  output.line(page)
}
