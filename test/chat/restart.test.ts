// Restarts: a bot that is stopped goes on where it was, in the messages that are there.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageHandleFrom } from '../../src/chat/delivery/message-handle.ts'
import { UserError } from '../../src/errors.ts'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import { hasEnded } from '../../src/jobs/job.ts'
import type { JobRenderer } from '../../src/jobs/renderer.ts'
import type { Store } from '../../src/store/store.ts'
import { createFakePlatform, type FakeMessage, type FakePlatform, nameOf } from './fake-platform.ts'
import { newFolder, openTestChat, quickRenderer } from './test-chat.ts'

/** Draws when it is let. */
function heldRenderer(): { make: (blobs: Store['blobs']) => JobRenderer; let(): void } {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    let: () => release(),
    make: (blobs) => {
      const quick = quickRenderer(blobs)
      return {
        ...fixedCapacity(1),
        async render(job, options) {
          options.onProgress({ stage: 'loading', step: 0, of: 4 })
          const aborted = new Promise<never>((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)))
          await Promise.race([held, aborted])
          return quick.render(job, options)
        },
      }
    },
  }
}

const byTone = (fake: FakePlatform, tone: string) => fake.messages().filter(({ outgoing }) => outgoing.tone === tone)
async function until(what: () => boolean): Promise<void> {
  const untilMs = performance.now() + 20_000
  while (!what()) {
    assert.ok(performance.now() < untilMs, `${what} within 20 s`)
    await sleep(5)
  }
}

describe('a bot that is stopped in the middle', () => {
  test('goes on with what waited, in the messages that are there; what was running is drawn again', async () => {
    const folder = newFolder()
    const fake = createFakePlatform()
    const held = heldRenderer()
    const first = await openTestChat({ folder, fake, renderer: held.make })
    for (const thing of ['boat', 'bird', 'star']) await fake.say('ann', `/animate a ${thing}`)
    await fake.say('bob', '/animate a fish')
    await until(() => byTone(fake, 'running').length === 1 && byTone(fake, 'waiting').length === 3)
    const before = fake.messages().map(({ id }) => id)
    await first.close()
    const second = await openTestChat({ folder, fake })
    await second.quiet()
    assert.deepEqual(
      fake.messages().map(({ id }) => id),
      before,
    )
    assert.equal(byTone(fake, 'done').length, 4)
    const doneOnce = new Set(fake.states.filter(({ outgoing }) => outgoing.tone === 'done').map(({ id }) => id))
    assert.equal(doneOnce.size, 4)
    await second.close()
  })

  test('finds the end that was the first to be posted, where it was stopped before it heard so', async () => {
    const folder = newFolder()
    const fake = createFakePlatform()
    const post: typeof fake.platform.post = async (address, outgoing) => {
      await fake.platform.post(address, outgoing)
      throw new Error('no line')
    }
    const first = await openTestChat({ folder, fake: { ...fake, platform: { ...fake.platform, post } }, renderer: heldRenderer().make })
    first.scheduler.listen(({ job }) => void (hasEnded(job) || first.scheduler.cancel(job.id)))
    const said = fake.say('ann', '/animate a boat')
    await until(() => byTone(fake, 'cancelled').length === 1)
    await first.close()
    await said
    const second = await openTestChat({ folder, fake })
    await second.quiet()
    assert.deepEqual(
      fake.messages().map(({ outgoing }) => outgoing.tone),
      ['cancelled'],
    )
    await second.close()
  })

  test('tells once what had ended and was not told, where the message is, or anew where it is gone', async () => {
    const folder = newFolder()
    const fake = createFakePlatform()
    const held = heldRenderer()
    const first = await openTestChat({ folder, fake, renderer: held.make })
    fake.trouble = (_call, outgoing) => {
      if (outgoing?.tone === 'done') throw new Error('no line')
    }
    await fake.say('ann', '/animate a boat')
    await fake.say('ann', '/animate a bird')
    held.let() // not before both have a message: one that shows an end first of all would be posted for ever
    await until(() => first.scheduler.untold().length === 2)
    const lost = fake.messages().find(({ outgoing }) => outgoing.quote === 'a bird')!
    fake.vanish(nameOf(fake, lost))
    await first.close()
    fake.trouble = undefined
    const second = await openTestChat({ folder, fake })
    await second.quiet()
    const done = byTone(fake, 'done')
    assert.deepEqual(
      done.map(({ outgoing }) => outgoing.quote),
      ['a boat', 'a bird'],
    )
    assert.notEqual(done[1]!.id, lost.id)
    const states = fake.states.length
    await second.close()
    const third = await openTestChat({ folder, fake })
    await third.quiet()
    assert.equal(fake.states.length, states, 'nothing is told twice')
    await third.close()
  })

  test('knows its messages: reactions and buttons of before mean what they meant', async () => {
    const folder = newFolder()
    const fake = createFakePlatform()
    const first = await openTestChat({ folder, fake })
    await fake.say('ann', '/animate a boat seed:7')
    await first.quiet()
    await first.close()
    const second = await openTestChat({ folder, fake })
    const [message] = byTone(fake, 'done') as [FakeMessage]
    await fake.react('bob', nameOf(fake, message), 'die')
    await fake.press('bob', nameOf(fake, message), 'Keep')
    await second.quiet()
    assert.equal(byTone(fake, 'done').length, 2)
    assert.equal((await second.chat.contexts.favourites.of('fake/bob')).length, 1)
    await second.close()
  })

  test('shows place and time while others are drawn, moves people up, and ends what is cancelled', async () => {
    const held = heldRenderer()
    const testChat = await openTestChat({ folder: newFolder(), renderer: held.make })
    const { fake } = testChat
    for (const person of ['ann', 'bob', 'eve']) await fake.say(person, `/animate a boat for ${person}`)
    const textOf = (person: string) => fake.messages().find(({ outgoing }) => outgoing.quote === `a boat for ${person}`)!.outgoing.text
    await until(() => /^Next in line/.test(textOf('bob')) && /^1 animation is before/.test(textOf('eve')))
    await fake.say('bob', '/cancel')
    await until(() => /^Next in line/.test(textOf('eve')))
    assert.equal(textOf('bob'), 'Cancelled.')
    const queue = await fake.say('eve', '/queue')
    assert.match(fake.messages('eve').find(({ event }) => event === queue)!.outgoing.text, /1 animation is being drawn, 1 waits/)
    held.let()
    await testChat.quiet()
    assert.equal(byTone(fake, 'done').length, 2)
    assert.equal(
      messageHandleFrom(testChat.scheduler.noteOf(testChat.scheduler.ended({ from: 0, limit: 1 }).jobs[0]!.id))?.posted.messages.length,
      1,
    )
    await testChat.close()
  })

  test('draws nothing for a request that can never be shown where it was made, and tells who asked alone', async () => {
    const testChat = await openTestChat({ folder: newFolder(), renderer: heldRenderer().make })
    testChat.fake.trouble = (call, outgoing) => {
      if (call === 'post' && outgoing?.audience === 'everyone') throw new UserError('forbidden', 'I may not write there.')
    }
    await testChat.fake.say('ann', '/animate a boat')
    await testChat.quiet()
    const [job] = testChat.scheduler.ended({ from: 0, limit: 1 }).jobs
    const told = testChat.fake.messages('ann').filter(({ outgoing }) => outgoing.quote === 'a boat')
    assert.deepEqual(
      told.map(({ outgoing }) => outgoing.audience),
      ['direct'],
    )
    assert.equal(job?.state, 'refused')
    assert.match(told[0]!.outgoing.text, /I may not write there\./)
    testChat.fake.trouble = undefined
    await testChat.close()
  })
})
