// Chaos with the real thing: `npm start` and two `npm run gpu-host`, each with the model that ships, on one machine; and parts that are
// killed, frozen and restarted at random while somebody asks on the page.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded } from '../../src/jobs/job.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import { type PageMessage, type StartedBot, startBots, stop, visit } from '../started-bot.ts'
import { freePort, redisServer } from '../suites/redis-server.ts'
import type { ChaosOptions } from './chaos.ts'
import { randomFrom } from './random.ts'

export interface RealChaosReport {
  readonly asked: number
  readonly accepted: number
  readonly ended: Readonly<Record<string, number>>
  readonly lost: number
  readonly postedTwice: number
  readonly withoutVisibleEnd: number
  /** Of one job; 0 where a host took it once. */
  readonly mostExtraRuns: number
  readonly longestDelayS: number
  /** What was said to those who got no animation. */
  readonly said: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
}

const hostNames = ['a', 'b']
const adminToken = 'correct horse battery staple'

export async function runRealChaos({ minutes, requests, seed, say = () => undefined }: ChaosOptions): Promise<RealChaosReport> {
  const chance = randomFrom(seed)
  const between = (least: number, most: number): number => least + chance() * (most - least)
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-real-chaos-'))
  const bots = startBots(join(folder, 'bot'))
  const hosts = startBots(folder, join(import.meta.dirname, '../../src/gpu-host.ts'))
  const redis = await redisServer(await freePort(), ['--appendonly', 'yes', '--dir', folder, '--maxmemory-policy', 'noeviction'])
  const faults: Record<string, number> = {}
  const logs: string[] = []
  try {
    const shared = { REDIS_URL: redis.url, HOST_KEY: 'the key of a chaos run', DEVICE: 'cpu', THREADS: '1' }
    const limits = { PERSON_RATE: '9999/1m', PERSON_WAITING: '9999', SPACE_RATE: '9999/1m', SPACE_WAITING: '9999', PERSON_RUNNING: '10' }
    const port = String(await freePort())
    const startBot = () => again(() => bots.start({ ...shared, ...limits, ADMIN_TOKEN: adminToken, PORT: port }))
    const startHost = (name: string) =>
      again(() => hosts.start({ ...shared, ZOETROPE_HOME: join(folder, name), HOST_NAME: name, HOST_DRAIN_SECONDS: '20' }))
    let bot = await startBot()
    const started = await Promise.all(hostNames.map(startHost))
    const { page } = bot
    const somebody = await visit(page)
    await somebody.signIn(adminToken)
    await somebody.say('/settings set max-jobs:100')
    say(`Chaos with seed ${seed}: ${requests} requests to the real bot with two real hosts, ${minutes} minutes.`)

    const replaceHost = async (index: number, signal: NodeJS.Signals) => {
      await ended(started[index]!, signal)
      logs.push(started[index]!.logged())
      await sleep(between(0, 2000))
      started[index] = await startHost(hostNames[index]!)
    }
    const anyHost = (): number => Math.floor(chance() * hostNames.length)
    const acts: readonly (readonly [name: string, act: () => Promise<void>])[] = [
      ['host killed', () => replaceHost(anyHost(), 'SIGKILL')],
      ['host asked to stop', () => replaceHost(anyHost(), 'SIGTERM')],
      ['host frozen', () => frozen(started[anyHost()]!.process.pid!, between(500, 20_000))],
      [
        'bot killed',
        async () => {
          await ended(bot, 'SIGKILL')
          await sleep(between(0, 2000))
          bot = await startBot()
        },
      ],
      [
        'Redis restarted',
        async () => {
          await redis.kill()
          await sleep(between(0, 2000))
          await redis.start()
        },
      ],
    ]

    const events: string[] = []
    let over = false
    const asking = (async () => {
      for (let n = 0; n < requests && !over; n++) {
        const said = await somebody.say(`/animate thing ${n} seed:${n + 1} steps:4 frames:8`).catch(() => undefined)
        if (said !== undefined) events.push(said)
        await sleep((minutes * 60_000 * 0.8) / requests)
      }
    })()
    const untilMs = Date.now() + minutes * 60_000 * 0.85
    while (Date.now() < untilMs) {
      await sleep(between(1000, 6000))
      const [name, act] = acts[Math.floor(chance() * acts.length)]!
      faults[name] = (faults[name] ?? 0) + 1
      await act()
    }
    over = true
    await asking
    say('Everything is mended; what is left is made.')
    let messages = await somebody.messages()
    for (let left = 180; left > 0 && messages.some(({ body }) => isUnderWay(body)); left--) {
      await sleep(1000)
      messages = await somebody.messages()
    }
    await stop(bot)
    for (const { logged } of started) logs.push(logged())
    return { ...reportOn(join(folder, 'bot'), messages, events, logs), faults }
  } finally {
    bots.kill()
    hosts.kill()
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function reportOn(home: string, messages: readonly PageMessage[], events: readonly string[], logs: readonly string[]) {
  const journal = openJournal(join(home, 'journal.sqlite'))
  const { jobs } = journal.list({}, { from: 0, limit: Number.POSITIVE_INFINITY })
  journal.close()
  const answers = Map.groupBy(
    messages.filter(({ body }) => body.kind === 'answer'),
    ({ event }) => event,
  )
  const endsOf = (event: string): number => (answers.get(event) ?? []).filter(({ body }) => !isUnderWay(body)).length
  const said = messages.flatMap(({ body }) => (body.kind === 'answer' && body.tone !== 'done' ? [body.text ?? ''] : []))
  const silent = events.filter((event) => !answers.has(event)).map(() => 'nothing')
  const taken = [...logs.join('\n').matchAll(/"job":"(\w+)"[^\n]*"msg":"taken"/g)].map(([, job]) => job!)
  const runs = Map.groupBy(taken, (job) => job)
  return {
    asked: events.length,
    accepted: jobs.length,
    ended: Object.fromEntries([...Map.groupBy(jobs, ({ state }) => state)].map(([state, of]) => [state, of.length])),
    lost: jobs.filter((job) => !hasEnded(job)).length,
    postedTwice: events.filter((event) => endsOf(event) > 1).length,
    withoutVisibleEnd: events.filter((event) => answers.has(event) && endsOf(event) === 0).length,
    mostExtraRuns: Math.max(0, ...jobs.map(({ id }) => (runs.get(id)?.length ?? 0) - 1)),
    said: Object.fromEntries([...Map.groupBy([...said, ...silent], (text) => text)].map(([text, of]) => [text, of.length])),
    longestDelayS: Math.round(Math.max(0, ...jobs.map(({ acceptedMs, endedMs = Date.now() }) => endedMs - acceptedMs)) / 1000),
  }
}

function isUnderWay({ kind, tone }: PageMessage['body']): boolean {
  return kind === 'answer' && (tone === 'waiting' || tone === 'running')
}

/** Where Redis is away just now it ends, and is started again, as by whoever looks after services. */
async function again(start: () => Promise<StartedBot>): Promise<StartedBot> {
  for (;;) {
    const started = await start()
    if (started.process.exitCode === null) return started
    await sleep(500)
  }
}

async function ended({ process: child }: StartedBot, signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await exited
}

async function frozen(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await sleep(ms)
  process.kill(pid, 'SIGCONT')
}
