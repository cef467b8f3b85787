// A bot with three platforms that are played locally, as a process of its own that can be killed and frozen. argv: JSON of
// ChaosBotOptions. People ask until there were as many requests as there should be. Says 'ready', and 'quiet' once nothing is left to do.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commands } from '../../commands/index.ts'
import { createChat } from '../../src/chat/chat.ts'
import { noObserver } from '../../src/chat/observer.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import type { Limits } from '../../src/jobs/limits/limits.ts'
import { createRateLimiter } from '../../src/jobs/limits/rate-limiter.ts'
import type { AnimationRequest } from '../../src/jobs/request.ts'
import { createScheduler } from '../../src/jobs/scheduler.ts'
import { createLog } from '../../src/log.ts'
import { pocket } from '../../src/paths.ts'
import { createBullmqPool } from '../../src/render/bullmq/pool/pool.ts'
import { openHostLink } from '../../src/render/bullmq/protocol/link.ts'
import { createFileContents } from '../../src/render/file-contents.ts'
import { createJobRenderer } from '../../src/render/job-renderer.ts'
import type { Recipe } from '../../src/render/recipe.ts'
import { openStore } from '../../src/store/store.ts'
import { systemClock } from '../../src/system-clock.ts'
import { createFakePlatform } from '../chat/fake-platform.ts'
import { twoStyles } from '../chat/test-chat.ts'
import { type ChaosBotOptions, platformNames } from './options.ts'
import { randomFrom } from './random.ts'

const options = JSON.parse(process.argv[2]!) as ChaosBotOptions
const { redisUrl, hostKey, version, folder, styles, heartbeatMs, seed, requests, beganMs, everyMs, asked } = options
const chance = randomFrom(seed)
const loud = process.env['CHAOS_LOUD'] !== undefined
const onError = (error: unknown): void => {
  if (loud) process.stderr.write(`bot: ${error instanceof Error ? error.message : error}\n`)
}
const limits: Limits = { person: { waiting: 50, running: 4, rate: { jobs: 1000, perMs: 60_000 } }, space: {}, all: {} }

const store = await openStore({ folder })
const journal = openJournal(join(folder, 'journal.sqlite'))
const rateLimiter = createRateLimiter({ limits, redisUrl, answerWithinMs: 1000, onError })
const link = await openHostLink({ redisUrl, hostKey, name: 'chaos-bot', onError, answerMs: 1000 }).catch((error: unknown) => {
  onError(error)
  process.exit(1)
})
const pool = createBullmqPool({
  ...link,
  contents: createFileContents(),
  version,
  heartbeatMs,
  silentMs: 10 * heartbeatMs,
  onTrouble: (sentence) => loud && process.stderr.write(`${sentence}\n`),
  onError,
  onEvent: (event) => loud && process.stderr.write(`${Date.now()} ${JSON.stringify(event)}\n`),
})

/** Some of what is asked for needs a file that no host has. */
async function recipeFor(request: AnimationRequest): Promise<Recipe> {
  const file = styles[Number(request.seed) % (2 * styles.length)]
  const model = { checkpoint: pocket, loras: file === undefined ? [] : [{ file, strength: 1 }] }
  return { request, model, prompt: request.prompt, negative: request.negative }
}

let ids = 0
const scheduler = createScheduler({
  journal,
  rateLimiter,
  renderer: createJobRenderer({ recipeFor, pool, blobs: store.blobs, now: () => performance.now() }),
  limits,
  clock: systemClock,
  newId: () => `${Date.now().toString(36)}${process.pid.toString(36)}x${(ids++).toString(36)}`,
  maxAttempts: 1000,
  onError,
})
const rooms = platformNames.map((name) => {
  const room = createFakePlatform({ name, file: join(folder, `${name}.jsonl`) })
  room.trouble = async () => {
    await sleep(chance() * 8)
    if (chance() < 0.03) throw new Error('503')
  }
  return room
})
const chat = createChat({
  commands,
  scheduler,
  store,
  styles: twoStyles,
  styleAdminFor: () => {
    throw new Error('nobody manages styles here')
  },
  retentionDays: 30,
  limits,
  clock: systemClock,
  log: createLog({ level: 'silent' }),
  observer: noObserver,
  platforms: () => rooms.map(({ platform }) => platform),
})
await chat.start(() => undefined)
process.stdout.write('ready\n')

let made = existsSync(asked) ? readFileSync(asked, 'utf8').split('\n').length - 1 : 0
// Retry: whose request a kill swallowed saw no answer, and asks again.
const { jobs } = journal.list({}, { from: 0, limit: Number.POSITIVE_INFINITY })
const heard = new Set(jobs.map(({ request }) => request.seed))
for (let n = 0; n < made; n++) if (!heard.has(seedOf(n))) void ask(n)
while (made < requests) {
  // What came while nobody was there to hear it comes at once.
  await sleep(Math.max(0, beganMs + (made + chance()) * everyMs - Date.now()))
  appendFileSync(asked, `${made} ${Date.now()}\n`)
  void ask(made++)
}
await quiet()
await chat.stop()
await pool.close()
await rateLimiter.close()
journal.close()
await store.close()
process.stdout.write('quiet\n')
process.exit(0)

/** Each asks for something else, which is told apart by its seed. */
function seedOf(n: number): string {
  return String(n + 1)
}

async function ask(n: number): Promise<void> {
  const room = rooms[Math.floor(chance() * rooms.length)]!
  const person = `p${n % 400}`
  await room.say(person, `/animate thing ${n} seed:${seedOf(n)} steps:${2 + Math.floor(chance() * 28)}`).catch(onError)
  if (chance() < 0.05) {
    await sleep(chance() * 1000)
    await room.say(person, '/cancel').catch(onError)
  }
}

async function quiet(): Promise<void> {
  for (;;) {
    const { waiting, running } = scheduler.load()
    if (waiting + running + scheduler.untold().length === 0) return
    await sleep(20)
  }
}
