// Reports of what Slack makes of words on their way (slackapi/hubot-slack#131, obot-platform/tools#108, pickaxe-club/wither#6), of edits that
// come as mentions (PostHog/posthog#59517, inkeep/agents#2284, openabdev/openab#1103), of events that come twice (slackapi/bolt-js#2487), and
// of people who write to a bot as they would to somebody (jbdamask/wkid-smaaht#10).

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { AnimationRequest } from '../../../src/jobs/request.ts'
import { wait } from '../../chat/slack/calls.ts'
import { eventOf, reactionEvent } from '../../chat/slack/harness.ts'
import { openSlackBot, type SlackBot } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

describe('words to the bot in Slack', { timeout: 90_000 }, () => {
  let bot: SlackBot
  before(async () => {
    bot = await openSlackBot()
  })
  after(() => bot.close())

  const ids = () => bot.harness.server.ids
  async function drawn(text: string, more: Record<string, unknown> = {}): Promise<AnimationRequest> {
    const before = bot.requests().length
    await bot.mention(ids().ann, text, more)
    await waitUntil(text, () => bot.requests().length > before)
    await bot.testChat.quiet()
    return bot.requests()[0]!
  }
  /** What is sent here makes no request; the next one shows that it was heard. */
  async function nothingFrom(...sending: readonly (() => Promise<unknown>)[]): Promise<void> {
    const before = bot.requests().length
    for (const send of sending) await send()
    await drawn('animate the next one')
    assert.equal(bot.requests().length, before + 1)
  }

  test('the prompt is what was typed: addresses, people, channels, signs', async () => {
    const said = async (text: string) => (await drawn(text)).prompt
    assert.equal(await said('animate a neon sign that says <http://hello.com|hello.com>'), 'a neon sign that says hello.com')
    assert.equal(await said('animate a letter to <mailto:ann@x.org|ann@x.org>'), 'a letter to ann@x.org')
    assert.equal(await said('animate <https://x.org/a?b=1&amp;c=2>'), 'https://x.org/a?b=1&c=2')
    assert.equal(await said(`animate <@${ids().bob}> riding a bike`), 'bob riding a bike')
    assert.equal(await said(`animate <@${ids().bob}|bobby> riding a bike`), 'bobby riding a bike')
    assert.equal(await said('animate the mascot of <#C0ART|art> dancing'), 'the mascot of #art dancing')
    assert.equal(await said(`animate the mascot of <#${ids().channel}|> dancing`), 'the mascot of #animations dancing')
    assert.equal(await said('animate <!subteam^S1|@artists> at work'), 'artists at work')
    assert.equal(await said('animate tom &amp; jerry &lt;3'), 'tom & jerry <3')
    assert.equal(await said('{bot} animate {bot} in the rain'), 'zoetrope in the rain')
  })

  test('a name is a name, whatever it looks like', async () => {
    const user = { name: 'bob', profile: { display_name: 'Bob "seed:9" --frames 3 style:anime' } }
    const fresh = await openSlackBot()
    fresh.harness.server.play('users.info', () => ({ body: { ok: true, user } }))
    await fresh.mention(fresh.harness.server.ids.ann, `animate <@${fresh.harness.server.ids.bob}> riding a bike`)
    const { prompt, seed, style } = await waitUntil('a request', () => fresh.requests()[0])
    assert.equal(prompt, 'Bob seed 9 -frames 3 style anime riding a bike')
    assert.notEqual(seed, '9')
    assert.equal(style, undefined)
    await fresh.close()
  })

  test('options are read in any typography', async () => {
    const { prompt, negative } = await drawn('animate “a quiet lake” negative:“blurry, grey”')
    assert.deepEqual([prompt, negative], ['a quiet lake', 'blurry, grey'])
    assert.equal((await drawn('animate a :cat: in a box —seed 7')).seed, '7')
  })

  test('a sentence to the bot is drawn; a word before its name does not hide the command', async () => {
    assert.equal((await drawn('a red boat on the sea')).prompt, 'a red boat on the sea')
    assert.equal((await drawn('hey {bot} animate a red boat')).prompt, 'a red boat')
    assert.equal((await drawn('animate a blue boat {bot}')).prompt, 'a blue boat')
    assert.equal((await drawn('一只红色的船')).prompt, '一只红色的船')
    assert.equal((await drawn('would you please {bot} animate a grey boat')).prompt, 'a grey boat')
    await nothingFrom(() => bot.mention(ids().ann, 'I have asked {bot} for a boat'))
    await bot.soon('ann', /no command 'for'/)
    await bot.mention(ids().ann, 'anmiate a red boat')
    await bot.soon('ann', /Did you mean \/animate\?/)
    await bot.mention(ids().ann, 'hello')
    await bot.soon('ann', /no command 'hello'/)
  })

  test('an edit of a message is no other request', async () => {
    const ts = `${Math.floor(Date.now() / 1000)}.000200`
    await drawn('animate a red bal', { ts, event_ts: ts })
    await nothingFrom(() => bot.mention(ids().ann, 'animate a red ball', { ts, edited: { user: ids().ann, ts } }))
  })

  test('nor are retries, other apps, thumbs, and dice under messages of others', async () => {
    const event = bot.mentionEvent(ids().ann, 'animate a green ball')
    await bot.harness.send('events_api', event)
    const first = await bot.soon('bob', /a green ball/, ({ pictures }) => pictures.length === 1)
    const [channel, ts] = first.message.split(':') as [string, string]
    const { server } = bot.harness
    const react =
      (name: string, at: string, more = {}) =>
      () =>
        bot.harness.send('events_api', reactionEvent(server, ids().ann, channel, at, name, more))
    await nothingFrom(
      () => bot.harness.send('events_api', event, 1),
      () => bot.harness.send('events_api', event, 2),
      () => bot.mention(ids().ann, 'animate a blue ball', { bot_id: 'B0OTHER' }),
      react('thumbsup', ts),
      react('game_die', '1.000001', { item_user: ids().bob }),
    )
  })

  test('what is said in a thread for all in the channel, too, is said; what Slack says of a message is not', async () => {
    const opened = await bot.harness.server.state('conversations.open', { users: ids().ann })
    const { id: channel } = opened['channel'] as { id: string }
    const written = (text: string, subtype: string) => () =>
      bot.harness.send(
        'events_api',
        eventOf(ids().team, { type: 'message', channel_type: 'im', user: ids().ann, channel, text, subtype, ts: '1.1' }),
      )
    await nothingFrom(written('animate an edited ball', 'message_changed'), written('animate a topic', 'channel_topic'))
    const before = bot.requests().length
    await written('animate a broadcast ball', 'thread_broadcast')()
    await waitUntil('the broadcast', () => bot.requests().length > before)
    assert.equal(bot.requests()[0]!.prompt, 'a broadcast ball')
    await bot.testChat.quiet()
  })

  test('a 429 is waited for, and nothing pings anybody', async () => {
    bot.harness.server.play('chat.postMessage', () => wait(1))
    await bot.harness.slash(ids().ann, 'animate <script>alert(1)</script> & "quoted" `code` <!channel> @here')
    await bot.soon('bob', /alert\(1\)/, ({ pictures }) => pictures.length === 1)
    await bot.testChat.quiet()
    assert.equal((await bot.harness.seen('bob')).filter(({ text }) => text.includes('alert(1)')).length, 1)
    assert.equal(bot.harness.server.pings, 0)
  })
})
