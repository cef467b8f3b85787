// Dialogs say in the reader's language what a field is called and what it does, and offer to pick what can be picked.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Data, User } from '../../chat/discord/discord-state.ts'
import type { JsonObject } from '../../chat/slack/calls.ts'
import { isDone, openDiscordBot } from './discord-bot.ts'
import { openSlackBot } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

describe('the fields of a dialog', { timeout: 60_000 }, () => {
  test('on Discord are called by names, with help below, each in the language of who opened it', async () => {
    const bot = await openDiscordBot()
    const { ann, bob } = bot.state.users
    bot.actions.command(ann, 'animate', { prompt: 'a red ball' })
    const end = await bot.soon(ann, /a red ball/, isDone)
    const fieldsFor = async (user: User): Promise<readonly (readonly [unknown, unknown])[]> => {
      const pressed = bot.actions.press(user, end.message.id, '改文字')
      const modal = await waitUntil('a dialog', () => pressed.modal)
      return (modal['components'] as Data[]).map(({ label, description }) => [label, description] as const)
    }
    assert.deepEqual(await fieldsFor(ann), [
      ['Prompt', 'Other words'],
      ['Negative', 'What should not be in it; none for nothing'],
      ['Style', 'The look; /styles shows them all'],
      ['Change', 'Other words alone, or from the old to the new'],
      ['Seed', 'The same seed draws the same animation again'],
    ])
    assert.deepEqual(await fieldsFor(bob), [
      ['提示词', '换成这些文字'],
      ['不要的内容', '画面里不要的内容；none 表示没有'],
      ['风格', '风格；/styles 可查看全部'],
      ['改法', '只用新文字，或从旧文字变到新文字'],
      ['种子', '同一个种子会画出同样的动画'],
    ])
    await bot.close()
  })

  test('on Discord offer the styles to pick from where they fit in its list, the one in use picked, and none', async () => {
    const bot = await openDiscordBot()
    const { ann } = bot.state.users
    const styleField = async (prompt: string): Promise<{ field: Data; modal: Data }> => {
      const end = await bot.soon(ann, new RegExp(prompt), isDone)
      const pressed = bot.actions.press(ann, end.message.id, '改文字')
      const modal = await waitUntil('a dialog', () => pressed.modal)
      const fields = (modal['components'] as Data[]).map(({ component }) => component as Data)
      return { field: fields.find(({ custom_id }) => custom_id === 'style')!, modal }
    }
    const offered = ({ options }: Data) => (options as Data[]).map(({ value, default: isDefault }) => [value, isDefault ?? false])

    bot.actions.command(ann, 'animate', { prompt: 'a styled ball', style: 'anime' })
    const styled = await styleField('a styled ball')
    assert.equal(styled.field['type'], 3)
    assert.deepEqual(offered(styled.field), [
      ['none', false],
      ['anime', true],
      ['sepia', false],
    ])
    bot.actions.submit(ann, styled.modal, { prompt: 'a bare ball', style: 'none', change: 'replace', seed: '5' })
    assert.deepEqual(offered((await styleField('a bare ball')).field)[0], ['none', true])
    const [bare] = bot.testChat.scheduler.jobsOf(
      { platform: 'discord', space: bot.state.guildId, person: ann.id },
      { from: 0, limit: 1 },
    ).jobs
    assert.equal(bare!.request.style, undefined)
    await bot.close()
  })

  test('on Slack are called by names; choices are in the language, people and channels are picked', async () => {
    const bot = await openSlackBot()
    const { server } = bot.harness
    const dialogFor = async (person: string, command: string): Promise<JsonObject[]> => {
      server.views.delete(person)
      await bot.harness.slash(person, command)
      const view = await waitUntil('a dialog', () => server.views.get(person))
      return view['blocks'] as JsonObject[]
    }
    const labelIn = (block: JsonObject | undefined) => (block?.['label'] as JsonObject | undefined)?.['text']
    const blocks = await dialogFor(server.ids.bob, 'animate')
    const aspect = blocks.find((block) => block['block_id'] === 'aspect')
    assert.deepEqual(labelIn(blocks[0]), '提示词')
    const { options } = aspect!['element'] as { options: { text: JsonObject; value: string }[] }
    assert.deepEqual(
      options.map(({ text, value }) => [text['text'], value]),
      [
        ['方形', 'square'],
        ['横向', 'wide'],
        ['竖向', 'tall'],
      ],
    )
    const [who] = await dialogFor(server.ids.root, 'settings managers')
    assert.equal((who!['element'] as JsonObject)['type'], 'users_select')
    await bot.close()
  })
})
