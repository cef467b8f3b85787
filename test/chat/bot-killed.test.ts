// Kill test: a bot that is killed at random moments loses no request and posts none twice.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded } from '../../src/jobs/job.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import type { FakeMessage } from './fake-platform.ts'
import { newFolder } from './test-chat.ts'

const program = join(import.meta.dirname, 'bot-process.ts')
const kills = 20
let last: ChildProcess | undefined
process.on('exit', () => last?.kill('SIGKILL'))

test('killed at twenty random moments under load, every accepted request has exactly one end and nothing is posted twice', async () => {
  const folder = newFolder()
  for (let n = 0; n < kills; n++) {
    const bot = await start(folder, n, 'ask')
    await sleep(30 + ((n * 173) % 400))
    bot.kill('SIGKILL')
    await once(bot, 'exit')
  }
  const finisher = await start(folder, kills, 'finish')
  const [code] = (await once(finisher, 'exit')) as [number]
  assert.equal(code, 0)

  const journal = openJournal(join(folder, 'journal.sqlite'))
  const { jobs } = journal.list({ platform: 'fake' }, { from: 0, limit: Number.POSITIVE_INFINITY })
  assert.deepEqual({ live: journal.live(), untold: journal.untold() }, { live: [], untold: [] })
  journal.close()
  assert.ok(jobs.length > 100, `${jobs.length} requests were accepted`)
  assert.ok(jobs.every(hasEnded))
  const states = statesOf(join(folder, 'messages.jsonl'))
  const shown = new Map(states.map((message) => [message.id, message]))

  for (const job of jobs) {
    const ends = [...shown.values()].filter((message) => jobOf(message) === job.id && isEnd(message))
    assert.deepEqual(
      ends.map(({ outgoing }) => outgoing.tone),
      [job.state],
      `one end of ${job.id}`,
    )
    const animations = states.filter((message) => jobOf(message) === job.id && message.outgoing.tone === 'done')
    assert.ok(new Set(animations.map(({ id }) => id)).size <= 1, `${job.id} was posted in one message`)
  }
  const unfinished = [...shown.values()].filter(({ outgoing }) => outgoing.tone === 'waiting' || outgoing.tone === 'running')
  assert.deepEqual(unfinished, [], 'no message waits for ever')
  const kinds = Object.fromEntries(['done', 'failed', 'cancelled'].map((kind) => [kind, jobs.filter(({ state }) => state === kind).length]))
  assert.ok(kinds['done']! > 50 && kinds['failed']! > 3 && kinds['cancelled']! > 3, JSON.stringify(kinds))
})

async function start(folder: string, seed: number, mode: 'ask' | 'finish') {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  const bot = spawn(process.execPath, [program, folder, String(seed), mode], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  last?.kill('SIGKILL')
  last = bot
  let said = ''
  for await (const text of bot.stdout.iterator({ destroyOnReturn: false })) {
    said += text
    if (said.includes('ready')) {
      bot.stdout.resume()
      return bot
    }
  }
  throw new Error(`the bot ended before it was ready: ${said}`)
}

/** Every state that a message had, oldest first. */
function statesOf(file: string): FakeMessage[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { message: FakeMessage }).message)
}

function jobOf({ outgoing }: FakeMessage): string | undefined {
  return /job:(\w+)/.exec(outgoing.buttons?.[0]?.command ?? '')?.[1]
}

function isEnd({ outgoing: { tone } }: FakeMessage): boolean {
  return tone !== 'waiting' && tone !== 'running' && tone !== 'plain'
}
