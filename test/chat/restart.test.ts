import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageHandleFrom } from '../../src/chat/delivery/message-handle.ts'
import { UserError } from '../../src/errors.ts'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import type { JobRenderer } from '../../src/jobs/renderer.ts'
import type { Store } from '../../src/store/store.ts'
import { createRoom, type Message, nameOf, type Room } from './fake-platform.ts'
import { newFolder, openHome, quickRenderer } from './test-chat.ts'

/** Renders when it is let. */
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

const byTone = (room: Room, tone: string) => room.messages().filter(({ outgoing }) => outgoing.tone === tone)
async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5)
}

describe('a bot that is stopped in the middle', () => {
  test('goes on with what waited, in the messages that are there; what was running is drawn again', async () => {
    const folder = newFolder()
    const room = createRoom()
    const held = heldRenderer()
    const first = await openHome({ folder, room, renderer: held.make })
    for (const thing of ['boat', 'bird', 'star']) await room.say('ann', `/animate a ${thing}`)
    await room.say('bob', '/animate a fish')
    await until(() => byTone(room, 'running').length === 1 && byTone(room, 'waiting').length === 3)
    const before = room.messages().map(({ id }) => id)
    await first.close()
    const second = await openHome({ folder, room })
    await second.quiet()
    assert.deepEqual(
      room.messages().map(({ id }) => id),
      before,
    )
    assert.equal(byTone(room, 'done').length, 4)
    const doneOnce = new Set(room.states.filter(({ outgoing }) => outgoing.tone === 'done').map(({ id }) => id))
    assert.equal(doneOnce.size, 4)
    await second.close()
  })

  test('tells once what had ended and was not told, where the message is, or anew where it is gone', async () => {
    const folder = newFolder()
    const room = createRoom()
    const held = heldRenderer()
    const first = await openHome({ folder, room, renderer: held.make })
    room.trouble = (_call, outgoing) => {
      if (outgoing?.tone === 'done') throw new Error('no line')
    }
    await room.say('ann', '/animate a boat')
    await room.say('ann', '/animate a bird')
    held.let() // not before both have a message: one that shows an end first of all would be posted for ever
    await until(() => first.scheduler.untold().length === 2)
    const lost = room.messages().find(({ outgoing }) => outgoing.quote === 'a bird')!
    room.vanish(nameOf(room, lost))
    await first.close()
    room.trouble = undefined
    const second = await openHome({ folder, room })
    await second.quiet()
    const done = byTone(room, 'done')
    assert.deepEqual(
      done.map(({ outgoing }) => outgoing.quote),
      ['a boat', 'a bird'],
    )
    assert.notEqual(done[1]!.id, lost.id)
    const states = room.states.length
    await second.close()
    const third = await openHome({ folder, room })
    await third.quiet()
    assert.equal(room.states.length, states, 'nothing is told twice')
    await third.close()
  })

  test('knows its messages: reactions and buttons of before mean what they meant', async () => {
    const folder = newFolder()
    const room = createRoom()
    const first = await openHome({ folder, room })
    await room.say('ann', '/animate a boat seed:7')
    await first.quiet()
    await first.close()
    const second = await openHome({ folder, room })
    const [message] = byTone(room, 'done') as [Message]
    await room.react('bob', nameOf(room, message), 'die')
    await room.press('bob', nameOf(room, message), 'Keep')
    await second.quiet()
    assert.equal(byTone(room, 'done').length, 2)
    assert.equal((await second.chat.contexts.favourites.of('room/bob')).length, 1)
    await second.close()
  })

  test('shows place and time while others are drawn, moves people up, and ends what is cancelled', async () => {
    const held = heldRenderer()
    const home = await openHome({ folder: newFolder(), renderer: held.make })
    const { room } = home
    for (const person of ['ann', 'bob', 'eve']) await room.say(person, `/animate a boat for ${person}`)
    const textOf = (person: string) => room.messages().find(({ outgoing }) => outgoing.quote === `a boat for ${person}`)!.outgoing.text
    await until(() => /next/.test(textOf('bob')) && /^1 animation is before/.test(textOf('eve')))
    await room.say('bob', '/cancel')
    await until(() => /next/.test(textOf('eve')))
    assert.equal(textOf('bob'), 'Cancelled.')
    const queue = await room.say('eve', '/queue')
    assert.match(room.messages('eve').find(({ event }) => event === queue)!.outgoing.text, /1 animation is being drawn, 1 waits/)
    held.let()
    await home.quiet()
    assert.equal(byTone(room, 'done').length, 2)
    assert.equal(
      messageHandleFrom(home.scheduler.noteOf(home.scheduler.ended({ from: 0, limit: 1 }).jobs[0]!.id))?.posted.messages.length,
      1,
    )
    await home.close()
  })

  test('draws nothing for a request that can never be shown where it was made, and tells who asked alone', async () => {
    const home = await openHome({ folder: newFolder(), renderer: heldRenderer().make })
    home.room.trouble = (call, outgoing) => {
      if (call === 'post' && outgoing?.audience === 'everyone') throw new UserError('forbidden', 'I may not write there.')
    }
    await home.room.say('ann', '/animate a boat')
    await home.quiet()
    const [job] = home.scheduler.ended({ from: 0, limit: 1 }).jobs
    const told = home.room.messages('ann').filter(({ outgoing }) => outgoing.quote === 'a boat')
    assert.deepEqual(
      told.map(({ outgoing }) => outgoing.audience),
      ['direct'],
    )
    assert.equal(job?.state, 'refused')
    assert.match(told[0]!.outgoing.text, /I may not write there\./)
    home.room.trouble = undefined
    await home.close()
  })
})
