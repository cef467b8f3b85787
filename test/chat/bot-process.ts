// A bot process to be killed: a fake platform that lives in a file, people who ask for much, calls that fail.
// argv: folder, seed, 'ask' or 'finish'. Says 'ready' once people are let in, and 'quiet' once nothing is left to do.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import type { Store } from '../../src/store/store.ts'
import { createFakePlatform } from './fake-platform.ts'
import { openTestChat, quickRenderer, type TestChatOptions } from './test-chat.ts'

const [folder, seed, mode] = process.argv.slice(2) as [string, string, 'ask' | 'finish']
let state = Number(seed) * 2654435761
/** Mulberry32: the same people every time. */
const chance = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const renderer: NonNullable<TestChatOptions['renderer']> = (blobs: Store['blobs']) => {
  const quick = quickRenderer(blobs)
  return {
    ...fixedCapacity(3),
    async render(job, options) {
      await sleep(chance() * 30)
      options.signal.throwIfAborted()
      return quick.render(job, options)
    },
  }
}

const fake = createFakePlatform({ file: join(folder, 'messages.jsonl') })
fake.trouble = async () => {
  await sleep(chance() * 8)
  if (chance() < 0.05) throw new Error('503')
}
const testChat = await openTestChat({
  folder,
  fake,
  renderer,
  limits: { person: { waiting: 20, running: 3 }, space: {}, all: { waiting: 60 } },
})
process.stdout.write('ready\n')

while (mode === 'ask') {
  const person = `p${Math.floor(chance() * 8)}`
  const broken = chance() < 0.1 ? ' that breaks' : ''
  const said = testChat.fake.say(person, `/animate thing ${Math.floor(chance() * 1e9)}${broken}`)
  if (chance() < 0.1) said.then(() => testChat.fake.say(person, '/cancel')).catch(() => undefined)
  await sleep(chance() * 10)
}
await testChat.quiet()
await testChat.close()
process.stdout.write('quiet\n')
