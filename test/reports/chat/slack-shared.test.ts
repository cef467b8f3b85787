// Reports of channels that two workspaces share (Slack Connect: slackapi/bolt-js#687 and #935, java-slack-sdk#629): an event names the other
// team, and our settings, limits and admins hold all the same. And of files of the other workspace, which come without an address.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { reactionEvent, sharedEvent } from '../../chat/slack/harness.ts'
import { openSlackBot, type SlackBot } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

describe('a channel that is shared with another workspace', { timeout: 60_000 }, () => {
  let bot: SlackBot
  before(async () => {
    bot = await openSlackBot()
    await bot.harness.slash(bot.harness.server.ids.root, 'settings block words:gore outcome:refuse')
    const { root, team } = bot.harness.server.ids
    const settings = () => bot.testChat.chat.contexts.settingsOf({ platform: 'slack', space: team, person: root })
    await waitUntil('the block', async () => (await settings()).blocked.refuse.length > 0)
  })
  after(() => bot.close())

  const ids = () => bot.harness.server.ids
  const send = (event: object) => bot.harness.send('events_api', sharedEvent(bot.harness.server, event as Record<string, unknown>))

  test('blocked words hold for its mentions, as for our commands', async () => {
    await bot.harness.slash(ids().ann, 'animate a castle of gore')
    await bot.soon('ann', /gore/)
    await send(bot.mentionEvent(ids().ann, 'animate a forest of gore'))
    await send(bot.mentionEvent(ids().stranger, 'animate a forest of gore'))
    await send(bot.mentionEvent(ids().ann, 'animate a forest'))
    await bot.soon('bob', /a forest/, ({ pictures }) => pictures.length === 1)
    assert.ok(!(await bot.harness.seen('bob')).some(({ text }) => text.includes('a forest of gore')))
  })

  test('everything that comes from it belongs to our workspace', async () => {
    await send(bot.mentionEvent(ids().stranger, 'queue'))
    const heard = await waitUntil('the stranger', () => bot.harness.received.find(({ owner }) => owner.person === ids().stranger))
    assert.deepEqual(new Set(bot.harness.received.map(({ owner }) => owner.space)), new Set([ids().team]))
    assert.equal(heard.name, 'eve')
  })

  test('an admin of the other workspace is none of ours', async () => {
    await send(bot.mentionEvent(ids().stranger, 'settings unblock words:gore'))
    const settings = await waitUntil('what the stranger said', () => {
      return bot.harness.received.find((one) => one.kind === 'text' && one.text.includes('unblock'))
    })
    await bot.soon('bob', /./)
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal(settings.asker.admin, false)
    const { blocked } = await bot.testChat.chat.contexts.settingsOf({ platform: 'slack', space: ids().team, person: ids().root })
    assert.deepEqual(blocked.refuse, ['gore'])
  })

  test('the die draws again what ours have drawn', async () => {
    await bot.harness.slash(ids().ann, 'animate a red ball')
    const first = await bot.soon('bob', /a red ball/, ({ pictures }) => pictures.length === 1)
    await bot.testChat.quiet()
    const [channel, ts] = first.message.split(':') as [string, string]
    await send(reactionEvent(bot.harness.server, ids().stranger, channel, ts, 'game_die'))
    const again = await bot.soon('bob', /eve asked/, ({ pictures }) => pictures.length === 1)
    assert.match(again.text, /a red ball/)
  })

  test('a file of the other workspace has its address looked up', async () => {
    const file = {
      id: 'F0ELSEWHERE',
      name: 'style.safetensors',
      size: 9,
      url_private_download: `${bot.harness.server.url}/files/F0ELSEWHERE`,
    }
    bot.harness.server.play('files.info', () => ({ body: { ok: true, file } }))
    const files = [{ id: file.id, file_access: 'check_file_info' }]
    await send(bot.mentionEvent(ids().ann, 'queue', { files }))
    const heard = await waitUntil('the file', () => bot.harness.received.find((one) => one.kind === 'text' && one.files !== undefined))
    assert.deepEqual(heard.kind === 'text' && heard.files, [{ url: file.url_private_download, name: file.name, bytes: file.size }])
  })
})
