// The page, held to what every platform must do: real HTTP, a real file.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Receiver } from '../../../src/chat/contract/platform.ts'
import { createWeb } from '../../../src/chat/web/index.ts'
import type { AnswerBody, FormBody } from '../../../src/chat/web/page-json.ts'
import { inAChannel, type Person, type Seen, testPlatform } from '../../suites/platform.ts'
import { openPageClient, type PageClient } from './page-client.ts'
import { webOptions } from './web-options.ts'

testPlatform('the page as a platform', async (receiver: Receiver) => {
  const folder = await mkdtemp(join(tmpdir(), 'zoetrope-web-'))
  const file = join(folder, 'page.sqlite')
  // always the same port, as a browser's address bar has it
  let web = createWeb(webOptions({ file }))
  const origin = await web.start(receiver)
  const port = Number(new URL(origin).port)
  const open = () => openPageClient(origin)
  const clients: Record<Person, PageClient> = { ann: await open(), bob: await open(), root: await open() }

  async function replyOf(person: Person, message: string): Promise<AnswerBody> {
    const found = (await clients[person].replies()).find((one) => one.message === message)
    if (!found) throw new Error(`${person} does not see ${message}`)
    return found.body
  }
  async function form(person: Person): Promise<FormBody['form'] | undefined> {
    return (await clients[person].messages()).flatMap(({ body }) => (body?.kind === 'form' ? [body.form] : [])).at(-1)
  }

  return {
    circumstances: inAChannel,
    without: { reactions: 'it has buttons instead' },
    get platform() {
      return web
    },
    async speak(person, command, options) {
      await clients[person].say({ kind: 'command', command, options: Object.entries(options) })
    },
    async press(person, message, label) {
      const { buttons = [], items = [] } = await replyOf(person, message)
      const button = [...buttons, ...items.flatMap(({ buttons = [] }) => buttons)].find((one) => one.label === label)
      await clients[person].say({ kind: 'text', text: button!.command, silent: true })
    },
    async react() {
      throw new Error('there are no reactions on the page')
    },
    async opened(person) {
      const open = await form(person)
      return open && { title: open.title, values: Object.fromEntries(open.fields.map(({ name, value = '' }) => [name, value])) }
    },
    async submit(person, values) {
      const { command, action, fixed, fields } = (await form(person))!
      const filled = { ...fixed, ...Object.fromEntries(fields.map(({ name, value = '' }) => [name, value])), ...values }
      await clients[person].say({ kind: 'command', command, ...(action && { action }), options: Object.entries(filled) })
    },
    async complete(person, command, option, typed) {
      return (await clients[person].call('POST', '/api/complete', { locale: 'en', command, option, typed })).json() as Promise<[]>
    },
    async seen(person) {
      const client = clients[person]
      return Promise.all((await client.replies()).map(({ message, body }) => seenBy(client, message, body)))
    },
    async pings() {
      return 0
    },
    async vanish(message) {
      const other = new DatabaseSync(file)
      other.prepare('UPDATE messages SET body = NULL WHERE message = ?').run(message)
      other.close()
    },
    async restart() {
      await web.stop()
      web = createWeb(webOptions({ file, port }))
      await web.start(receiver)
    },
    async close() {
      await web.stop()
      await rm(folder, { recursive: true })
    },
  }
})

async function seenBy(client: PageClient, message: string, body: AnswerBody): Promise<Seen> {
  const { text, quote, facts = [], progress, picture, items = [], file, buttons = [] } = body
  const words = [
    text,
    quote,
    progress?.text,
    ...facts.flatMap(({ label, value }) => [label, value]),
    ...items.flatMap(({ title, text }) => [title, text]),
  ]
  const pictures = [picture, ...items.map(({ picture }) => picture)].filter((one) => one !== undefined)
  return {
    message,
    text: words.filter((one) => one !== undefined).join('\n'),
    pictures: await Promise.all(pictures.map(({ url }) => client.bytes(url))),
    files: file ? [await client.bytes(file.url)] : [],
    buttons: [...buttons, ...items.flatMap(({ buttons = [] }) => buttons)].map(({ label }) => label),
  }
}
