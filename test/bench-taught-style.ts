// Teaches the whole bot a look that its model has never seen, as people do it, from twelve pictures; then draws random prompts of the small world
// in the style that came of it, and lets the judge say how often the look is there. `node test/bench-taught-style.ts [look] [prompts] [steps]`;
// on a quiet CPU within 15 minutes, at least 80 % should show it.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requiredSettingsIn } from '../src/draw-settings.ts'
import { modelDefaults } from '../src/engine/index.ts'
import { openEngine } from '../src/engine/run.ts'
import { classifiedSide, openClassifier } from '../src/judge/classifier.ts'
import { type Judgement, judge } from '../src/judge/judgement.ts'
import { summarize } from '../src/judge/summary.ts'
import { promptOf, wordsOfModel } from '../src/judge/world-words.ts'
import { resize } from '../src/media/pixels/resize.ts'
import { cacheFolder, pocket } from '../src/paths.ts'
import { type LookName, lookNames } from '../src/pocket-world/looks.ts'
import { renderLoop } from '../src/pocket-world/render.ts'
import { newEvent, openPageClient, uploaded } from './chat/web/page-client.ts'
import { lookPictures } from './look-pictures.ts'
import { startBots } from './started-bot.ts'

const [look = 'noir', prompts = '20', steps] = process.argv.slice(2)
const name = lookNames.find((one) => one === look)
if (!name) throw new Error(`the world has the looks ${lookNames.join(', ')}`)
const home = mkdtempSync(join(tmpdir(), 'zoetrope-bench-taught-'))
const bots = startBots(home)

try {
  const began = performance.now()
  const file = await taught(name)
  const taughtMs = performance.now() - began
  const judgements = await judged(name, file, Number(prompts))
  const plain = summarize(judgements.map(({ plain }) => plain))
  const { styled, subject } = summarize(judgements.map(({ styled }) => styled))
  const result = { look, prompts: judgements.length, taughtMinutes: taughtMs / 60_000, arrived: styled!.arrived, kept: styled!.kept }
  console.log(JSON.stringify({ ...result, subject, plainSubject: plain.subject, colour: styled!.colour }))
} finally {
  bots.kill()
  rmSync(home, { recursive: true, force: true })
}

/** @returns the file of the style */
async function taught(look: LookName): Promise<string> {
  const bot = await bots.start({ DEVICE: 'cpu', LOG_LEVEL: 'warn', ...(steps !== undefined && { TRAINING_STEPS: steps }) })
  const ann = await openPageClient(bot.page)
  await ann.call('POST', '/api/sign-in', { token: readFileSync(join(home, 'admin-token'), 'utf8').trim() })
  const event = newEvent()
  const files = await uploaded(ann, await lookPictures(look, 12, 256))
  await ann.say({ kind: 'text', text: `/styles train name:${look}`, files, event })
  for (let told = ''; ; ) {
    const answer = (await ann.replies()).find((one) => one.event === event)?.body
    const progress = answer?.progress?.text ?? answer?.text ?? ''
    if (progress !== told) console.error(progress)
    told = progress
    if (answer?.tone === 'done') break
    if (answer && !['waiting', 'running'].includes(answer.tone)) throw new Error(answer.text)
    await sleep(2000)
  }
  bots.kill()
  const [style] = readdirSync(join(home, 'styles/files'))
  const kept = join(home, style!)
  cpSync(join(home, 'styles/files', style!), kept)
  return kept
}

interface Judged {
  readonly plain: Judgement
  readonly styled: Judgement
}

/** With the style's word before the prompt, as the bot puts it. */
async function judged(look: LookName, file: string, count: number): Promise<Judged[]> {
  const engine = await openEngine('cpu', { weightDir: join(cacheFolder(home), 'weights') })
  const classifier = await openClassifier({})
  const words = wordsOfModel(pocket)
  const defaults = modelDefaults({ checkpoint: pocket, loras: [] })
  const drawn = async (prompt: string, seed: number, loras: readonly { readonly file: string; readonly strength: number }[]) => {
    const settings = { ...requiredSettingsIn(defaults), negative: defaults.negative }
    const frames = await engine.frames({ model: { checkpoint: pocket, loras }, prompt, seed: BigInt(seed), ...settings })
    return resize(frames, classifiedSide, classifiedSide)
  }
  const all: Judged[] = []
  try {
    for (let seed = 1000; seed < 1000 + count; seed++) {
      const prompt = promptOf(words, seed)
      const truth = renderLoop(prompt.scene)
      const plain = await drawn(prompt.text, seed, [])
      const judgement = await judge(classifier, { prompt, drawn: plain, truth, words })
      const style = { name: look, strength: 1, plain, plainSubject: judgement.shown.subject }
      const styled = await drawn(`${look}, ${prompt.text}`, seed, [{ file, strength: 1 }])
      all.push({ plain: judgement, styled: await judge(classifier, { prompt, drawn: styled, truth, words, style }) })
      const { shown } = all.at(-1)!.styled
      console.error(`${seed} ${prompt.text}: ${shown.look}, ${shown.subject}`)
    }
  } finally {
    await Promise.all([classifier.release(), engine.close()])
  }
  return all
}
