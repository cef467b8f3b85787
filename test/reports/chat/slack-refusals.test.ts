// Refusals that stand on Slack's own pages of these methods and that no later try changes: an end within seconds, and nothing false is said.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refused } from '../../chat/slack/calls.ts'
import { gatedRenderer } from './gated-renderer.ts'
import { openSlackBot, smallGif } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

const refusals = [
  ['files.getUploadURLExternal', 'file_uploads_disabled'],
  ['files.completeUploadExternal', 'file_uploads_except_images_disabled'],
  ['files.completeUploadExternal', 'posting_to_channel_denied'],
  ['files.completeUploadExternal', 'access_denied'],
  ['chat.postMessage', 'slack_connect_file_link_sharing_blocked'],
  ['chat.postMessage', 'app_access_restricted'],
  ['chat.postMessage', 'missing_file_data'],
  ['chat.postMessage', 'message_limit_exceeded'],
  ['chat.postMessage', 'invalid_blocks'],
  ['chat.postMessage', 'cannot_reply_to_message'],
] as const

describe('a refusal of Slack for good', { timeout: 120_000 }, () => {
  test('ends the request within seconds, in words that are true; nothing says that it is being drawn', async () => {
    const gate = gatedRenderer(smallGif, { format: 'gif' })
    const bot = await openSlackBot(gate.make)
    const { server } = bot.harness
    for (const [method, code] of refusals) {
      gate.shut()
      const prompt = `a ball for ${code}`
      await bot.harness.slash(server.ids.ann, `animate ${prompt}`)
      await bot.soon('bob', new RegExp(prompt))
      const play = Array.from({ length: 30 }, () => ({ args }: { args: Readonly<Record<string, unknown>> }) => {
        const shows = String(args['channel']) === server.ids.channel && /slack_file/.test(JSON.stringify(args['blocks']))
        return method !== 'chat.postMessage' || shows ? refused(code) : undefined
      })
      server.play(method, ...play)
      gate.open()
      await waitUntil(
        `the end of ${code}`,
        async () => {
          const { waiting, running } = bot.testChat.scheduler.load()
          return waiting + running + bot.testChat.scheduler.untold().length === 0
        },
        8000,
      )
      server.forgetPlays()
      const seen = (await bot.harness.seen('ann')).filter(({ text }) => text.includes(prompt) || text.includes('ann got this'))
      assert.ok(seen.length > 0, code)
      for (const { text } of seen) assert.doesNotMatch(text, /Drawing|Next|next|larger than/, `${code}: ${text}`)
      const inPrivate = seen.some(({ message, pictures }) => message.startsWith('D') && pictures.length === 1)
      assert.ok(
        inPrivate || seen.some(({ text }) => text.includes(`cannot be shown here`) && text.includes(code)),
        `${code}: ${seen[0]!.text}`,
      )
    }
    await bot.close()
  })
})
