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
/** Of each wait. */
const patienceMs = 300_000

describe('a style is taught where people talk', { timeout: 900_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'zoetrope-taught-in-chat-'))
  const closing: (() => unknown)[] = []
  const lines: string[] = []
  let pictures: readonly LookPicture[] = []
  let discord: DiscordHarness
  let slack: SlackHarness
  let cdn: HttpsTestServer
  let fetchedOnSlack = 0
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
    const log = createLog({ level: 'info', write: (line) => lines.push(line.trimEnd()) })
    const platforms = (): readonly Platform[] => [onDiscord.joined(discord.platform), onSlack.joined(slack.platform)]
    bot = await startBot(config, log, (sentence) => lines.push(sentence), platforms, cdn.download())
    closing.push(bot.stop)
    assert.equal(await within('the bot is ready', bot.ready), true, lines.join('\n'))
  })
  after(async () => {
    const failures: unknown[] = []
    for (const close of closing.reverse()) await Promise.try(close).catch((error: unknown) => failures.push(error))
    rmSync(home, { recursive: true, force: true })
    assert.deepEqual(failures, [])
  })

  const trainings = (): string[] => readdirSync(join(home, 'styles/training'))

  /** What `look` finds, once it finds something; what was there instead is told where it never does. */
  async function eventually<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
    const givenUpMs = performance.now() + patienceMs
    while (performance.now() < givenUpMs) {
      const found = await look()
      if (found) return found
      await sleep(100)
    }
    return assert.fail(await story(`${what}: not within ${patienceMs} ms`))
  }

  /** The same of what says itself when it is over. */
  async function within<T>(what: string, promise: Promise<T>): Promise<T> {
    const late = new AbortController()
    const giveUp = sleep(patienceMs, undefined, late).then(() => Promise.reject(new Error(`not within ${patienceMs} ms`)))
    try {
      return await Promise.race([promise, giveUp])
    } catch (error) {
      return assert.fail(await story(`${what}: ${error}`))
    } finally {
      late.abort()
      giveUp.catch(() => undefined)
    }
  }

  /** Of a test that fails. */
  async function story(what: string): Promise<string> {
    const seen = [...(await discord.seen('root')), ...(await slack.seen('root'))]
    const texts = seen.map(({ text, buttons }) => `${text} [${buttons.join(', ')}]`)
    return [what, 'Seen:', ...texts, `In training: ${trainings().join(', ')}`, 'Logged:', ...lines].join('\n')
  }

  /** The newest message that says so. */
  const read = (harness: Harness, person: Person, words: RegExp): Promise<Seen> =>
    eventually(`${person} reads ${words}`, async () => (await harness.seen(person)).findLast(({ text }) => words.test(text)))

  /** What is on this screen that is not there yet. */
  async function readFromNow(harness: Harness, person: Person): Promise<() => Promise<readonly Seen[]>> {
    const earlier = new Set((await harness.seen(person)).map(({ message }) => message))
    return async () => (await harness.seen(person)).filter(({ message }) => !earlier.has(message))
  }

  const completed = (harness: Harness, person: Person, name: string) =>
    within(`${person} is offered styles`, harness.complete(person, 'animate', 'style', name))

  const nothingIsTaught = () => eventually('the folder of the training is gone', () => trainings().length === 0)

  interface Taught {
    readonly harness: Harness
    /** Of what everybody there reads. */
    readonly locale: Locale
    /** Of what one person alone reads, such as the answer to a button. */
    readonly ownLocale: Locale
    /** Asks for it, with the pictures. */
    teach(person: 'root' | 'ann', name: string): Promise<unknown>
    /** How many pictures, so far. */
    fetched(): number
  }

  function onDiscord(): Taught {
    const { actions, server } = discord
    const { state } = server
    return {
      harness: discord,
      locale: locales.find(({ tags }) => tags.includes('zh-CN'))!,
      ownLocale: english,
      fetched: () => cdn.calls.length,
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
      ownLocale: english,
      fetched: () => fetchedOnSlack,
      async teach(person, name) {
        server.forgetPlays()
        const files = pictures.map(({ name: file, bytes }, n) => {
          server.play('files-pri', () => {
            fetchedOnSlack++
            return { headers: { 'content-type': 'image/png' }, body: bytes }
          })
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
      const { harness, teach, locale, ownLocale, fetched } = of()
      const { training, 'training-example': example, 'training-done': learned, 'button-publish': publish } = locale.sentences
      const since = await readFromNow(harness, 'bob')
      await teach('root', name)
      await read(harness, 'root', saying(training, { name, pictures: '5' }))
      assert.equal(trainings().length, 1)
      assert.equal(fetched(), pictures.length)
      await read(harness, 'root', progressing(saying(training, { name, pictures: '5' }), saying(example, { name })))
      const done = await read(harness, 'root', saying(learned, { name }))
      await eventually('one message is all that others read', async () => (await since()).length === 1)
      assert.equal((await since())[0]!.message, done.message)
      assert.equal(done.pictures.length, 1, 'its example')
      await nothingIsTaught()

      const offered = async () => (await completed(harness, 'ann', name)).map(({ value }) => value)
      assert.ok(!(await offered()).includes(name), 'not before it is published')
      await within('Publish is pressed', harness.press('root', done.message, publish))
      await read(harness, 'root', saying(ownLocale.sentences['style-published'], { name }))
      assert.ok((await offered()).includes(name))
    })

    test(`on ${platform}: cancelled, it ends once and leaves nothing`, async () => {
      const { harness, teach, locale, ownLocale } = of()
      const second = `${platform.toLowerCase()} second`
      const { training, 'end-cancelled': cancelled } = locale.sentences
      const cancel = ownLocale.sentences['button-cancel']
      const [own, others] = [await readFromNow(harness, 'root'), await readFromNow(harness, 'bob')]
      await teach('root', second)
      const running = await read(harness, 'root', saying(training, { name: second }))
      // beside the message that everybody sees
      const offer = await eventually('it can be cancelled', async () =>
        (await own()).find(({ buttons }) => buttons.some((label) => label.endsWith(cancel))),
      )
      await within('Cancel is pressed', harness.press('root', offer.message, cancel))
      await eventually('it is cancelled', async () => (await others()).some(({ text }) => text.includes(cancelled)))
      await nothingIsTaught()
      assert.deepEqual(
        (await others()).map(({ message }) => message),
        [running.message],
      )
      assert.ok(!(await completed(harness, 'root', second)).some(({ value }) => value === second))
    })

    test(`on ${platform}: who manages no styles teaches none, and nothing is fetched`, async () => {
      const { harness, teach, fetched } = of()
      const before = fetched()
      await teach('ann', 'mine')
      await read(harness, 'ann', /managed by the admins here/)
      assert.deepEqual(trainings(), [])
      assert.equal(fetched(), before)
    })
  }
})

/** A sentence as it is said, of what is known of it. */
function saying(template: string, values: Readonly<Record<string, string>>): RegExp {
  const parts = template.split(/\{(\w+)[^}]*\}/)
  return new RegExp(parts.map((part, n) => (n % 2 === 0 ? RegExp.escape(part) : (values[part] ?? '.+'))).join(''))
}

/** One of them above a bar that is no longer empty: which steps are shown, and of what, depends on how fast they are. */
function progressing(...sentences: readonly RegExp[]): RegExp {
  return new RegExp(`(${sentences.map(({ source }) => source).join('|')})[^]*[▰█]`)
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
