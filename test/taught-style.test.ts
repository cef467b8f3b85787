// A style taught from chat, on the whole bot: the process that people start, its page, the process that draws and the one that trains, with
// the model that ships. Pictures are the pocket world's in a look that no style has.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerBody } from '../src/chat/web/page-json.ts'
import { newEvent, openPageClient, type PageClient, uploaded } from './chat/web/page-client.ts'
import { type LookPicture, lookPictures } from './look-pictures.ts'
import { type StartedBot, startBots, stop } from './started-bot.ts'

const home = mkdtempSync(join(tmpdir(), 'zoetrope-taught-'))
const bots = startBots(home)
after(() => {
  bots.kill()
  rmSync(home, { recursive: true, force: true })
})

const steps = 60
const start = (): Promise<StartedBot> => bots.start({ DEVICE: 'cpu', TRAINING_STEPS: String(steps), LOG_LEVEL: 'warn' })

const trainings = (): string[] => readdirSync(join(home, 'styles/training'))

type HandedOver = Pick<LookPicture, 'name' | 'bytes'>

/** Uploads go up together, and hang on what is said. */
async function teach(ann: PageClient, words: string, pictures: readonly HandedOver[]) {
  const files = await uploaded(ann, pictures)
  const event = newEvent()
  await ann.say({ kind: 'text', text: words, files, event })
  return event
}

/** The one message that answers an event, as it is by now. */
async function answerTo(client: PageClient, event: string): Promise<AnswerBody | undefined> {
  const found = (await client.replies()).filter((one) => one.event === event)
  assert.ok(found.length <= 1, `${found.length} messages answer one ask`)
  return found[0]?.body
}

async function until(client: PageClient, event: string, isSo: (answer: AnswerBody) => boolean): Promise<AnswerBody> {
  for (;;) {
    const answer = await answerTo(client, event)
    if (answer && isSo(answer)) return answer
    if (answer && ['failed', 'refused', 'cancelled', 'expired'].includes(answer.tone)) assert.fail(JSON.stringify(answer))
    await sleep(100)
  }
}

const atStep = ({ progress }: AnswerBody): number => Number(/^Step (\d+)/.exec(progress?.text ?? '')?.[1] ?? 0)

async function admin(page: string, earlier?: PageClient): Promise<PageClient> {
  const client = await openPageClient(page, earlier)
  const token = readFileSync(join(home, 'admin-token'), 'utf8').trim()
  assert.equal((await client.call('POST', '/api/sign-in', { token })).status, 200)
  return client
}

test('a style is taught, killed in the middle, gone on with, and published', { timeout: 900_000 }, async () => {
  const pictures = await lookPictures('noir', 5, 64)
  let bot = await start()
  let ann = await admin(bot.page)

  const refused = async (words: string, files: readonly HandedOver[]): Promise<string> => {
    const event = await teach(ann, words, files)
    for (;;) {
      const answer = await answerTo(ann, event)
      if (answer?.tone === 'refused') return answer.text
      assert.ok(!answer || answer.tone === 'plain', JSON.stringify(answer))
      await sleep(50)
    }
  }
  assert.match(await refused('/styles train name:noir', pictures.slice(1)), /from 5 to 20 pictures or clips, and 4 came/)
  assert.match(
    await refused('/styles train name:noir', [...pictures, { name: 'look.exe', bytes: Buffer.from('MZ') }]),
    /look\.exe is no picture/,
  )
  assert.match(
    await refused('/styles train name:noir', [...pictures.slice(1), { name: 'torn.png', bytes: Buffer.from('no picture') }]),
    /torn\.png cannot be read as a picture/,
  )
  assert.match(await refused('/styles train name:anime', pictures), /There is a style 'anime' already/)
  assert.deepEqual(trainings(), [], 'nothing is left of what was refused')

  const event = await teach(ann, '/styles train name:noir about:"black and white"', pictures)
  await until(ann, event, (answer) => answer.tone === 'running' && atStep(answer) > 4)
  assert.equal(trainings().length, 1)

  // Somebody draws meanwhile: it waits.
  const drawn = newEvent()
  await ann.say({ kind: 'text', text: '/animate prompt:a blue boat frames:8 steps:8', event: drawn })
  const waits = await until(ann, event, (answer) => /goes on when nothing is being drawn/.test(answer.progress?.text ?? ''))
  await until(ann, drawn, ({ tone }) => tone === 'done')
  assert.ok(atStep(waits) < steps)
  assert.equal((await answerTo(ann, event))?.tone, 'running', 'the drawing was done first')

  // The preview that it shows is drawn with what it has learned so far.
  await until(ann, event, (answer) => answer.picture !== undefined || atStep(answer) > steps / 2)

  const before = atStep((await answerTo(ann, event))!)
  bot.process.kill('SIGKILL')
  bot = await start()
  ann = await admin(bot.page, ann)
  await until(ann, event, (answer) => answer.tone === 'running' && atStep(answer) > 0)
  assert.ok(before > 0)

  const done = await until(ann, event, ({ tone }) => tone === 'done')
  assert.match(done.text, /noir is learned, for admins so far\. Its example is drawn below\. Publish it\?/)
  assert.ok(done.picture)
  assert.deepEqual(
    done.buttons?.map(({ label }) => label),
    ['Publish', 'Keep for admins', 'Drop'],
  )
  assert.deepEqual(trainings(), [])

  const published = newEvent()
  await ann.say({ kind: 'text', text: done.buttons![0]!.command, event: published, silent: true })
  assert.match((await until(ann, published, () => true)).text, /noir is offered everywhere now/)
  const who = newEvent()
  await ann.say({ kind: 'text', text: '/styles who name:noir', event: who })
  const facts = JSON.stringify((await until(ann, who, () => true)).facts)
  assert.match(facts, /LoRA, rank 16/)
  assert.match(facts, /trained on 5 pictures/)
  const styled = newEvent()
  await ann.say({ kind: 'text', text: '/animate prompt:a red ball style:noir frames:4 steps:2', event: styled })
  await until(ann, styled, ({ tone }) => tone === 'done')

  // Cancelled: one end, and nothing is left.
  const second = await teach(ann, '/styles train name:second', pictures)
  const running = await until(ann, second, (answer) => answer.tone === 'running' && atStep(answer) > 0)
  await ann.say({ kind: 'text', text: running.buttons!.find(({ label }) => label === 'Cancel')!.command, event: newEvent(), silent: true })
  for (;;) {
    if ((await answerTo(ann, second))?.tone === 'cancelled') break
    await sleep(100)
  }
  while (trainings().length > 0) await sleep(100)
  const gone = newEvent()
  await ann.say({ kind: 'text', text: '/styles who name:second', event: gone })
  for (;;) {
    const answer = await answerTo(ann, gone)
    if (answer) {
      assert.match(answer.text, /There is no style 'second'/)
      break
    }
    await sleep(50)
  }
  assert.equal(await stop(bot), 0)
  assert.ok(existsSync(join(home, 'styles/files')))
})

test('who manages no styles teaches none', { timeout: 120_000 }, async () => {
  const bot = await start()
  const stranger = await openPageClient(bot.page)
  const event = newEvent()
  await stranger.say({ kind: 'text', text: '/styles train name:mine', event })
  for (;;) {
    const answer = await answerTo(stranger, event)
    if (answer) {
      assert.match(answer.text, /managed by the admins here/)
      break
    }
    await sleep(50)
  }
  assert.equal(await stop(bot), 0)
})
