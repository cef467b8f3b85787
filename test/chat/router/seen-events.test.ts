// Seen events: a platform that delivers an event twice is heard once, also across a restart.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Keyv from 'keyv'
import { createSeenEvents } from '../../../src/chat/router/seen-events.ts'

test('an event is new once, for each platform, and known to a process that comes later', async () => {
  const space = new Keyv<true>()
  const discord = createSeenEvents('discord', space)
  assert.equal(await discord.again('e1', 0), false)
  assert.equal(await discord.again('e1', 1000), true)
  assert.equal(await discord.again('e2', 1000), false)
  assert.equal(await createSeenEvents('slack', space).again('e1', 1000), false)
  assert.equal(await createSeenEvents('discord', space).again('e1', 2000), true)
})

test('of two deliveries at once, one is new', async () => {
  const seen = createSeenEvents('discord', new Keyv<true>())
  assert.deepEqual(await Promise.all([seen.again('e1', 0), seen.again('e1', 0)]), [false, true])
})
