// `zoetrope judge`: draws prompts of the small model's world and says, without anybody's eyes, how much of each is right.

import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { type Device, devices, type Frames, samplerNames } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { type Accuracy, accuracyOf, colourless, drawHeldOut } from '../judge/accuracy.ts'
import { type Classifier, openClassifier } from '../judge/classifier.ts'
import { type Judgement, judge } from '../judge/judgement.ts'
import { type Pictures, pageOf, picturesOf } from '../judge/page.ts'
import { accuracyRows, heading, lineOf, styleRows, summaryRows } from '../judge/report.ts'
import { summarize } from '../judge/summary.ts'
import { type Prompt, promptOf, type WorldWords, wholeWorld, wordsOfModel } from '../judge/world-words.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { pocket } from '../paths.ts'
import { cameraNames } from '../pocket-world/camera.ts'
import { type LookName, lookNames } from '../pocket-world/looks.ts'
import { renderLoop } from '../pocket-world/render.ts'
import { builtInStyles } from '../styles/registry/built-in-styles.ts'
import { writeWhole } from './animate/output-file.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { collected, loraOf, number, size, whole } from './command-line/flag-values.ts'
import { type JudgedStyle, type LoopSource, type ModelSourceOptions, modelSource, styleFile, truthSource } from './judge/loop-source.ts'
import type { Output } from './terminal/output.ts'
import { aligned, type Print } from './terminal/plain-text.ts'

interface Flags extends ModelSourceOptions {
  readonly count: number
  readonly seed: number
  readonly model: string
  readonly looks: readonly string[]
  readonly strengths: readonly number[]
  readonly truth?: true
  readonly page?: string
  readonly device: Device | 'auto'
}

export function judgeCommand(program: Command, { output }: CommandLine): void {
  program
    .command('judge')
    .description('draw prompts of the small model’s world and say how much of them is right')
    .option('--model <folder>', 'a small model in the layout of the one that ships', pocket)
    .option('--count <number>', 'how many prompts', whole, 20)
    .option('--seed <number>', 'of the first; the next ones follow', whole, 0)
    .option(
      '--looks <names>',
      'LoRAs in the model’s folder, with commas between, cameras too; all are those that are looks of the world',
      names,
      [],
    )
    .option('--strengths <numbers>', 'of each look, with commas between (0.6,1)', numbers, [0.6, 1])
    .option('--lora <file[:strength]>', 'under everything that is drawn; may be given again', collected(loraOf), [])
    .option('--size <WxH>', 'pixels of a frame; of what is not square the middle is judged', size)
    .option('--frames <count>', 'of the loop', whole)
    .option('--steps <count>', 'from noise to picture', whole)
    .option('--guidance <scale>', 'how strictly the words are followed', number)
    .option('--guidance-end <share>', 'of the steps that guidance is for, 0 to 1 (what the model recommends, else 1)', number)
    .addOption(new Option('--sampler <name>', 'how it steps; the motion module decides otherwise').choices([...samplerNames]))
    .option('--truth', 'judge drawings of a program instead: what a model could get that makes no mistake')
    .option('--page <file>', 'also write a page with the pictures, the worst first')
    .addOption(new Option('--device <name>', 'what draws').choices(['auto', ...devices]).default('cpu'))
    .option('--threads <count>', 'of the CPU', whole)
    .action((flags: Flags) => judgeMany(flags, output))
}

interface Judged {
  readonly judgement: Judgement
  readonly pictures: Pictures | null
}

async function judgeMany(flags: Flags, output: Output): Promise<void> {
  const { count, truth, page, threads } = flags
  if (count < 1) throw new UserError('count', `At least one prompt is judged, not ${count}.`, { count })
  const folder = resolve(flags.model)
  const words = truth ? wholeWorld : wordsOfModel(folder)
  const styles = truth ? formulas(flags.looks) : stylesIn(folder, flags)
  const tell = output.line
  tellUnjudged(words, tell)
  const source = truth ? truthSource : await modelSource(folder, flags)
  const classifier = await openClassifier(omitUndefined({ threads }))
  const judged: Judged[] = []
  let accuracies: ReadonlyMap<string, Accuracy> | undefined
  try {
    // Of the truth, the table below is the classifier's accuracy.
    if (!truth) accuracies = await accuraciesOf(classifier, styles)
    if (accuracies) for (const line of [...aligned(accuracyRows(accuracies, colourless)), '']) tell(line)
    tell(heading())
    for (let i = 0; i < count; i++) {
      for await (const one of judgeOne(promptOf(words, flags.seed + i), { source, classifier, words, styles, page })) {
        judged.push(one)
        tell(lineOf(one.judgement))
      }
    }
  } finally {
    await Promise.all([classifier.release(), source.close()])
  }

  const of = (style?: JudgedStyle): Judgement[] =>
    judged.map(({ judgement }) => judgement).filter(({ styled }) => styled?.name === style?.name && styled?.strength === style?.strength)
  const plain = of()
  const styled = styles.map(({ name, strength }) => {
    const judgements = of({ name, strength })
    return { name, strength, summary: summarize(judgements), judgements }
  })
  const report = [...aligned(summaryRows(summarize(plain))), ...(styled.length > 0 ? ['', ...aligned(styleRows(styled))] : [])]
  const classified = accuracies && { classifier: Object.fromEntries(accuracies) }
  output.data({ ...(!truth && { model: folder }), words, ...classified, summary: summarize(plain), judgements: plain, styles: styled })
  tell(['', ...report].join('\n'))
  if (page === undefined) return
  const title = `${count} prompts, drawn by ${truth ? 'the program' : flags.model}`
  const shown = judged.flatMap(({ judgement, pictures }) => (pictures ? { judgement, pictures } : []))
  writeWhole(page, Buffer.from(await pageOf(title, report, shown)))
  tell(page)
}

interface Judging {
  readonly source: LoopSource
  readonly classifier: Classifier
  readonly words: WorldWords
  readonly styles: readonly JudgedStyle[]
  readonly page: string | undefined
}

/** Without a style first, then in each. */
async function* judgeOne(prompt: Prompt, { source, classifier, words, styles, page }: Judging): AsyncGenerator<Judged> {
  const truth = renderLoop(prompt.scene)
  const pictures = async (frames: { drawn: Frames; plain?: Frames }): Promise<Pictures | null> =>
    page === undefined ? null : picturesOf({ truth, ...frames })
  const plain = await source.draw(prompt)
  const judgement = await judge(classifier, { prompt, drawn: plain, truth, words })
  yield { judgement, pictures: await pictures({ drawn: plain }) }
  const plainSubject = judgement.shown.subject
  for (const style of styles) {
    const drawn = await source.draw(prompt, style)
    yield {
      judgement: await judge(classifier, { prompt, drawn, truth, words, style: { ...style, plain, plainSubject } }),
      pictures: await pictures({ drawn, plain }),
    }
  }
}

/** Of which words nothing is said. */
function tellUnjudged({ unknown, unjudged }: WorldWords, tell: Print): void {
  if (unknown.length > 0) tell(`The model does not know the whole world, so nothing is asked of: ${unknown.join(', ')}.`)
  if (unjudged.length > 0) tell(`The world does not have these words of the model, so they are not judged: ${unjudged.join(', ')}.`)
}

const heldOut = 200

async function accuraciesOf(classifier: Classifier, styles: readonly JudgedStyle[]): Promise<ReadonlyMap<string, Accuracy>> {
  const drawings = drawHeldOut(heldOut)
  const looks: readonly (LookName | 'plain')[] = ['plain', ...lookNames.filter((look) => styles.some(({ name }) => name === look))]
  const accuracies = new Map<string, Accuracy>()
  for (const look of looks) accuracies.set(look, await accuracyOf(classifier, drawings, look))
  return accuracies
}

/** @throws UserError `judge-look` for a style that has no formula */
function formulas(looks: readonly string[]): JudgedStyle[] {
  const drawn: readonly string[] = [...lookNames, ...cameraNames]
  const wanted = looks.includes('all') ? lookNames : looks
  const missing = wanted.find((name) => !drawn.includes(name))
  if (missing !== undefined)
    throw new UserError('judge-look', `The program draws ${drawn.join(', ')}, not ${missing}.`, { style: missing, looks: drawn })
  return wanted.map((name) => ({ name, strength: 1 }))
}

/** Each look at each strength. @throws UserError `judge-style` for one that is not there */
function stylesIn(folder: string, { looks, strengths }: Pick<Flags, 'looks' | 'strengths'>): JudgedStyle[] {
  const loras = join(folder, 'loras')
  const there = existsSync(loras) ? readdirSync(loras).map((file) => parse(file).name) : []
  const wanted = looks.includes('all') ? lookNames.filter((name) => there.includes(name)) : looks
  for (const name of wanted) styleFile(folder, name)
  const shipped = folder === pocket ? builtInStyles(dirname(pocket)) : []
  const defaultsOf = (name: string) => shipped.find((style) => style.name === name)?.defaults
  return wanted.flatMap((name) => strengths.map((strength) => ({ name, strength, ...omitUndefined({ settings: defaultsOf(name) }) })))
}

const names = (text: string): string[] => text.split(',').map((name) => name.trim())

const numbers = (text: string): number[] => names(text).map(number)
