// A style taught on Discord and on Slack, on the whole bot: discord.js and Bolt against a Discord and a Slack on this machine, the process that
// draws and the one that trains, the model that ships. Pictures come from where each platform keeps them.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bot, startBot } from '../../src/bot/bot.ts'
import type { Platform, Receiver } from '../../src/chat/contract/platform.ts'
import type { Locale } from '../../src/chat/locales/locale.ts'
import { english, locales } from '../../src/chat/locales/locales.ts'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { type DiscordHarness, makeDiscordHarness } from '../chat/discord/harness.ts'
import { eventOf, type SlackHarness, startSlackHarness } from '../chat/slack/harness.ts'
import { socketMode } from '../chat/slack/transports.ts'
import { type LookPicture, lookPictures } from '../look-pictures.ts'
import { type HttpsTestServer, startHttpsServer } from '../styles/download/https-server.ts'
import type { Harness, Person, Seen } from '../suites/platform.ts'

/** Few: what is learned is not looked at here. */
const steps = 4

describe('a style is taught where people talk', { timeout: 1_800_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'zoetrope-taught-in-chat-'))
  const closing: (() => unknown)[] = []
  const lines: string[] = []
  let pictures: readonly LookPicture[] = []
  let discord: DiscordHarness
  let slack: SlackHarness
  let cdn: HttpsTestServer
  let bot: Bot

  before(async () => {
    pictures = await lookPictures('noir', 5, 64)
    cdn = await startHttpsServer((path, response) => {
      const picture = pictures.find(({ name }) => name === basename(path))
      response.writeHead(picture ? 200 : 404).end(picture?.bytes)
    })
    closing.push(cdn.close)
    const [onDiscord, onSlack] = [lateReceiver(), lateReceiver()]
    discord = await makeDiscordHarness(onDiscord.receiver, { patienceMs: 120_000 })
    closing.push(() => discord.close())
    slack = await startSlackHarness(socketMode, onSlack.receiver)
    closing.push(() => slack.close())
    const config = readConfig({ ZOETROPE_HOME: home, DEVICE: 'cpu', THREADS: '1', TRAINING_STEPS: String(steps) })
    const log = createLog({ level: 'warn', write: (line) => lines.push(line) })
    const platforms = (): readonly Platform[] => [onDiscord.joined(discord.platform), onSlack.joined(slack.platform)]
    bot = await startBot(config, log, (sentence) => lines.push(sentence), platforms, cdn.download())
    closing.push(bot.stop)
    assert.equal(await bot.ready, true)
  })
  after(async () => {
    for (const close of closing.reverse()) await close()
    rmSync(home, { recursive: true, force: true })
  })

  const trainings = (): string[] => readdirSync(join(home, 'styles/training'))

  /** The message that says so, once one does. */
  async function until(harness: Harness, person: Person, words: RegExp): Promise<Seen> {
    for (;;) {
      const seen = await harness.seen(person)
      const found = seen.findLast(({ text }) => words.test(text))
      if (found) return found
      const ended = seen.find(({ text }) => /could not be learned|something broke/i.test(text))
      if (ended) assert.fail(`${ended.text}\n${lines.join('\n')}`)
      await sleep(100)
    }
  }

  interface Taught {
    readonly harness: Harness
    /** In which everybody there is spoken to; what only one person sees is in theirs. */
    readonly locale: Locale
    /** Asks for it, with the pictures. */
    teach(person: 'root' | 'ann', name: string): Promise<unknown>
  }

  function onDiscord(): Taught {
    const { actions, server } = discord
    const { state } = server
    return {
      harness: discord,
      locale: locales.find(({ tags }) => tags.includes('zh-CN'))!,
      async teach(person, name) {
        const attachments = pictures.map(({ name: filename, bytes }) => {
          const url = `https://cdn.discordapp.com/attachments/1/2/${filename}`
          return { id: state.newId(), filename, size: bytes.length, url, proxy_url: url }
        })
        const given = attachments.map(({ id: value }, n) => ({ name: n === 0 ? 'pictures' : `pictures-${n + 1}`, type: 11, value }))
        actions.interact(state.users[person], 2, {
          ...{ id: state.newId(), name: 'styles', type: 1 },
          options: [{ name: 'train', type: 1, options: [{ name: 'name', type: 3, value: name }, ...given] }],
          resolved: { attachments: Object.fromEntries(attachments.map((one) => [one.id, one])) },
        })
      },
    }
  }

  function onSlack(): Taught {
    const { server } = slack
    const { ids } = server
    return {
      harness: slack,
      locale: english,
      async teach(person, name) {
        const files = pictures.map(({ name: file, bytes }, n) => {
          server.play('files-pri', () => ({ headers: { 'content-type': 'image/png' }, body: bytes }))
          return { id: `F${n}`, name: file, size: bytes.length, url_private_download: `${server.url}/files-pri/F${n}/${file}` }
        })
        const text = `<@${ids.bot}> styles train name:${name}`
        const ts = `${Date.now() / 1000}`
        await slack.send('events_api', eventOf(ids.team, { type: 'app_mention', user: ids[person], channel: ids.channel, ts, text, files }))
      },
    }
  }

  for (const [platform, of] of [['Discord', onDiscord] as const, ['Slack', onSlack] as const]) {
    const name = `${platform.toLowerCase()} noir`

    test(`on ${platform}: progress in the message, published by a button, offered in /animate`, async () => {
      const { harness, teach, locale } = of()
      const { training, 'training-done': learned, 'style-published': published, 'button-publish': publish } = locale.sentences
      await teach('root', name)
      const running = await until(harness, 'root', saying(training, { name, pictures: '5' }))
      assert.equal(trainings().length, 1)
      await until(harness, 'root', saying(locale.sentences['drawing-step'], { step: '\\d', of: String(steps) }))
      const done = await until(harness, 'root', saying(learned, { name }))
      assert.equal(done.message, running.message, 'one message, from the first step to the end')
      assert.equal(done.pictures.length, 1, 'its example')
      while (trainings().length > 0) await sleep(50)

      const offered = async () => (await harness.complete('ann', 'animate', 'style', name)).map(({ value }) => value)
      assert.ok(!(await offered()).includes(name), 'not before it is published')
      await harness.press('root', done.message, publish)
      await until(harness, 'root', saying(published, { name }))
      assert.ok((await offered()).includes(name))
    })

    test(`on ${platform}: cancelled, it ends once and leaves nothing`, async () => {
      const { harness, teach, locale } = of()
      const second = `${platform.toLowerCase()} second`
      const { training, 'end-cancelled': cancelled, 'button-cancel': cancel } = locale.sentences
      await teach('root', second)
      const running = await until(harness, 'root', saying(training, { name: second }))
      // On Discord only who has asked sees the button.
      const labels = [cancel, english.sentences['button-cancel']]
      const withButton = async () => (await harness.seen('root')).findLast(({ buttons }) => labels.some((label) => buttons.includes(label)))
      let pressed = await withButton()
      while (!pressed) {
        await sleep(50)
        pressed = await withButton()
      }
      await harness.press('root', pressed.message, labels.find((label) => pressed.buttons.includes(label))!)
      const isOver = async () =>
        (await harness.seen('root')).filter(({ message, text }) => message === running.message && text.includes(cancelled))
      while ((await isOver()).length === 0) await sleep(50)
      while (trainings().length > 0) await sleep(50)
      assert.equal((await isOver()).length, 1)
      assert.ok(!(await harness.complete('root', 'animate', 'style', second)).some(({ value }) => value === second))
    })

    test(`on ${platform}: who manages no styles teaches none, and nothing is fetched`, async () => {
      const { harness, teach } = of()
      const fetched = cdn.calls.length
      await teach('ann', 'mine')
      await until(harness, 'ann', /managed by the admins here/)
      assert.deepEqual(trainings(), [])
      assert.equal(cdn.calls.length, fetched)
      slack.server.forgetPlays()
    })
  }
})

/** A sentence as it is said, of what is known of it. */
function saying(template: string, values: Readonly<Record<string, string>>): RegExp {
  const parts = template.split(/\{(\w+)[^}]*\}/)
  return new RegExp(parts.map((part, n) => (n % 2 === 0 ? RegExp.escape(part) : (values[part] ?? '.+'))).join(''))
}

/** The platform is connected before the bot is there. */
function lateReceiver() {
  let target: Receiver | undefined
  return {
    receiver: {
      receive: async (incoming) => target?.receive(incoming),
      complete: async (typing) => target?.complete(typing) ?? [],
    } satisfies Receiver,
    joined: (platform: Platform): Platform => ({
      ...platform,
      async start(receiver) {
        target = receiver
        return `${platform.name} is joined`
      },
      async stop() {
        target = undefined
      },
    }),
  }
}
