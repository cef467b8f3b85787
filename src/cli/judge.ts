// `zoetrope judge`: draws prompts of the small model's world and says, without anybody's eyes, how much of each is right.

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { readConfig } from '../config.ts'
import { createEngine, createSessions, type Frames, factsOf, startDevice } from '../engine/index.ts'
import { type Device, devices } from '../engine/targets/device.ts'
import { UserError } from '../errors.ts'
import { openClassifier } from '../judge/classifier.ts'
import { classifiedSide } from '../judge/classifier-net.ts'
import { type Judgement, judge } from '../judge/judgement.ts'
import { type Pictures, pageOf, picturesOf } from '../judge/page.ts'
import { heading, lineOf, summaryRows } from '../judge/report.ts'
import { summarize } from '../judge/summary.ts'
import { otherScene, type Prompt, promptOf, type World, worldWords } from '../judge/world-words.ts'
import { resize } from '../media/resize.ts'
import { cacheFolder, pocket } from '../paths.ts'
import { inLook, lookNames } from '../pocket-world/looks.ts'
import { renderLoop } from '../pocket-world/render.ts'
import { number, size, whole } from './flag-values.ts'
import { writeWhole } from './output-file.ts'
import { aligned, type Print, plainJson, printer } from './terminal.ts'

interface Flags {
  readonly count: number
  readonly seed: number
  readonly style?: string
  readonly strength: number
  readonly size?: readonly [width: number, height: number]
  readonly steps?: number
  readonly checkpoint: string
  readonly world?: World
  readonly truth?: true
  readonly json?: true
  readonly page?: string
  readonly device: Device | 'auto'
  readonly threads?: number
}

export function judgeCommand(program: Command): void {
  const print = printer(program)
  program
    .command('judge')
    .description('draw prompts of the small model’s world and say how much of them is right')
    .option('--count <number>', 'how many prompts', whole, 20)
    .option('--seed <number>', 'of the first; the next ones follow', whole, 0)
    .option('--style <name>', 'one of the LoRAs in the model’s folder')
    .option('--strength <number>', 'of the style', number, 1)
    .option('--size <WxH>', 'pixels of a frame', size)
    .option('--steps <count>', 'from noise to picture', whole)
    .option('--checkpoint <folder>', 'a small model in the layout of the one that ships', pocket)
    .addOption(
      new Option('--world <edition>', 'whose words are asked for; what the model knows decides otherwise').choices(['first', 'second']),
    )
    .option('--truth', 'judge drawings of a program instead: what a model could get that makes no mistake')
    .option('--json', 'print everything as JSON')
    .option('--page <file>', 'also write a page with the pictures, the worst first')
    .addOption(new Option('--device <name>', 'what draws').choices(['auto', ...devices]).default('cpu'))
    .option('--threads <count>', 'of the CPU', whole)
    .action((flags: Flags) => judgeMany(flags, print))
}

async function judgeMany(flags: Flags, print: Print): Promise<void> {
  const { count, seed, style, threads, truth, json, page } = flags
  if (count < 1) throw new UserError('count', `At least one prompt is judged, not ${count}.`, { count })
  const world = flags.world ?? (truth ? 'second' : worldOf(flags.checkpoint))
  const words = worldWords[world]
  const artist = truth ? program(style) : await model(flags)
  const classifier = await openClassifier({ ...(threads !== undefined && { threads }) })
  const judged: { judgement: Judgement; pictures: Pictures | null }[] = []
  try {
    if (!json) print(heading())
    for (let i = 0; i < count; i++) {
      const prompt = promptOf(world, seed + i)
      const { drawn, plain } = await artist.draw(prompt)
      const reference = renderLoop(prompt.scene)
      const judgement = await judge(classifier, {
        prompt,
        drawn,
        truth: reference,
        words,
        ...(style !== undefined && plain && { style: { name: style, plain } }),
      })
      judged.push({
        judgement,
        pictures: page === undefined ? null : await picturesOf({ drawn, truth: reference, ...(plain && { plain }) }),
      })
      if (!json) print(lineOf(judgement))
    }
  } finally {
    await Promise.all([classifier.release(), artist.close()])
  }
  const judgements = judged.map(({ judgement }) => judgement)
  const summary = summarize(judgements)
  const rows = aligned(summaryRows(summary))
  print(json ? plainJson({ summary, judgements }) : ['', ...rows].join('\n'))
  if (page === undefined) return
  const title = [`${count} prompts of the ${world} world`, truth ? 'drawn by the program' : flags.checkpoint, style]
    .filter(Boolean)
    .join(', ')
  const shown = judged.map(({ judgement, pictures }) => ({ judgement, pictures: pictures! }))
  writeWhole(page, Buffer.from(await pageOf(title, rows, shown)))
  if (!json) print(page)
}

/** Who draws what is judged: 128 × 128, and the same without the style where there is one. */
interface Artist {
  draw(prompt: Prompt): Promise<{ readonly drawn: Frames; readonly plain?: Frames }>
  close(): Promise<void>
}

/** Another drawing of the same words; styles are their formulas. @throws UserError `judge-look` for a style that is none */
function program(style: string | undefined): Artist {
  const look = lookNames.find((name) => name === style)
  if (style !== undefined && look === undefined) {
    throw new UserError('judge-look', `The program draws ${lookNames.join(', ')}, not ${style}.`, { style, looks: lookNames })
  }
  return {
    async draw(prompt) {
      const plain = renderLoop(otherScene(prompt))
      return look === undefined ? { drawn: plain } : { drawn: inLook(plain, look), plain }
    },
    close: async () => {},
  }
}

/** @throws UserError `judge-style` where the model's folder has no such LoRA, and those of opening it */
async function model({ checkpoint, style, strength, size: wanted, steps, device, threads }: Flags): Promise<Artist> {
  const folder = resolve(checkpoint)
  const facts = factsOf({ checkpoint: folder })
  const [width, height] = wanted ?? [facts.width, facts.height]
  const lora = style === undefined ? undefined : join(folder, 'loras', `${style}.safetensors`)
  if (lora !== undefined && !existsSync(lora)) {
    throw new UserError('judge-style', `${folder} has no loras/${style}.safetensors.`, { style, folder })
  }
  const started = await startDevice(device, {
    weightDir: join(cacheFolder(readConfig(process.env).home), 'weights'),
    ...(threads !== undefined && { threads }),
  })
  const sessions = createSessions({ budgetBytes: 4e9, load: started.load })
  const engine = createEngine({ sessions, target: started.target, vaeTarget: started.vaeTarget })

  async function draw({ seed, text: prompt }: Prompt, loras: readonly { file: string; strength: number }[]): Promise<Frames> {
    const { frames, guidance, negative, clipSkip } = facts
    const request = { prompt, negative, width, height, frames, guidance, clipSkip, seed: BigInt(seed), steps: steps ?? facts.steps }
    const drawing = engine.draw({ model: { checkpoint: folder, loras }, ...request })
    let turn = await drawing.next()
    while (!turn.done) turn = await drawing.next()
    return resize(turn.value.frames, classifiedSide, classifiedSide)
  }

  return {
    async draw(prompt) {
      const plain = await draw(prompt, [])
      return lora === undefined ? { drawn: plain } : { drawn: await draw(prompt, [{ file: lora, strength }]), plain }
    },
    close: () => engine.close(),
  }
}

/** The world whose words the model says it knows. */
function worldOf(checkpoint: string): World {
  const path = join(checkpoint, 'words.json')
  if (!existsSync(path)) return 'second'
  const { subjects } = JSON.parse(readFileSync(path, 'utf8')) as { readonly subjects: Readonly<Record<string, string>> }
  return worldWords.second.subjects.every((name) => name in subjects) ? 'second' : 'first'
}
