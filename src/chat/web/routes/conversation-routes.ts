// Conversation routes: what people do on the page, and the conversation that they get to read.

import { type Context, Hono } from 'hono'
import { omitUndefined } from '../../../omit-undefined.ts'
import { commandText } from '../../contract/command-text.ts'
import { plainText } from '../../contract/plain-text.ts'
import type { Receiver } from '../../contract/platform.ts'
import { withTimeout } from '../../time-limit.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { HttpError } from '../http/http-error.ts'
import { jsonOf } from '../http/json-body.ts'
import type { Body, ShownMessage } from '../page-json.ts'
import { incomingOf, type PageInput, readOpening, readPageInput, readTyping } from '../receive.ts'
import type { ConversationStore, StoredMessageRow } from '../storage/conversation-store.ts'
import type { Uploads } from '../storage/uploads.ts'
import { mostAtOnce, streamEvents } from './event-stream.ts'
import { createStreamPlaces } from './stream-places.ts'

export interface ConversationRoutesOptions {
  readonly conversation: ConversationStore
  readonly uploads: Uploads
  readonly receiver: Receiver
  readonly authenticate: Authenticate
  readonly nameOf: (person: string, locale: string) => string
  /** What limits go by: a person, or an address. */
  readonly sourceOf: (c: Context) => string
  /** Of the file that holds the conversation. */
  readonly id: string
  readonly stopping: AbortSignal
  readonly now: () => number
  readonly inFlight: (work: Promise<unknown>) => void
}

const streamsPerPerson = 12
/** Of one address: whoever takes cookies anew takes no places of others. */
const streamsPerSource = 60
const streamsInAll = 500
/** A call gets its response by then; what was said goes on being worked on. */
const responseMs = 15_000

export function conversationRoutes({
  conversation,
  uploads,
  receiver,
  authenticate,
  nameOf,
  sourceOf,
  id,
  stopping,
  now,
  inFlight,
}: ConversationRoutesOptions): Hono {
  const app = new Hono()
  const streams = createStreamPlaces(streamsInAll)
  const localeOf = (c: Context) => c.req.query('locale')?.slice(0, 35) ?? 'en'
  const showTo = (c: Context, person: string) => {
    const locale = localeOf(c)
    const { admin } = authenticate.viewer(c).asker
    return (row: StoredMessageRow) => shown(row, { person, admin }, nameOf(row.asker, locale))
  }

  app.post('/api/say', async (c) => {
    const person = authenticate.known(c)
    const input = readPageInput(await jsonOf(c))
    const viewer = authenticate.viewer(c, input.locale)
    const incoming = incomingOf(input, viewer, nameOf(person, input.locale), (upload) => uploads.find(person, upload))
    const words = wordsOf(input)
    if (words && !conversation.posted(person, input.event, 'said')) {
      const { event } = input
      conversation.post({ reader: person, asker: person, event, nonce: 'said', atMs: now(), body: { kind: 'said', text: words } })
      conversation.trim(person)
    }
    const work = receiver.receive(incoming)
    inFlight(work)
    await withTimeout(responseMs, work, () => undefined)
    return c.json({}, 202)
  })

  app.post('/api/complete', async (c) => {
    authenticate.known(c)
    const body = await jsonOf(c)
    return c.json(await receiver.complete(readTyping(body, (locale) => authenticate.viewer(c, locale))))
  })

  app.post('/api/current', async (c) => {
    authenticate.known(c)
    const body = await jsonOf(c)
    return c.json((await receiver.current?.(readOpening(body, (locale) => authenticate.viewer(c, locale)))) ?? {})
  })

  app.post('/api/upload', async (c) => {
    const person = authenticate.known(c)
    // gigabytes are nothing that strangers leave on a disk
    if (!authenticate.viewer(c).asker.operator)
      throw new HttpError(403, 'operators-only', 'Only operators hand over files here: sign in under Settings, or give an address.')
    const name = plainText(c.req.query('name') ?? '').slice(0, 200)
    const { url } = await uploads.take(person, name, c.req.raw.body as Parameters<Uploads['take']>[2], c.req.query('beside'))
    return c.json({ upload: url.replace(/^upload:/, '') })
  })

  app.get('/api/events', (c) => {
    const person = authenticate.known(c)
    const ended = streams.take([
      { key: `person ${person}`, most: streamsPerPerson },
      { key: `source ${sourceOf(c)}`, most: streamsPerSource },
    ])
    if (!ended) throw new HttpError(429, 'too-many-pages', 'The page is open too often: close it elsewhere.')
    return streamEvents(c, { conversation, id, person, show: showTo(c, person), stopping, ended })
  })

  app.get('/api/messages', (c) => {
    const person = authenticate.known(c)
    const before = Number(/^\d{1,15}$/.exec(c.req.query('before') ?? '')?.[0] ?? Number.MAX_SAFE_INTEGER)
    return c.json(conversation.before(person, before, mostAtOnce).map(showTo(c, person)))
  })

  return app
}

/** What the person sees of what they did; undefined for buttons, whose reply says enough. */
function wordsOf(input: PageInput): string | undefined {
  if (input.kind === 'text' && input.silent) return undefined
  if (input.kind === 'text') return plainText(input.text) || undefined
  const { command, action, options } = input
  const words = options.filter(([, value]) => typeof value !== 'object') as [string, string | number | boolean][]
  return plainText(`/${commandText(action ? `${command} ${action}` : command, Object.fromEntries(words))}`)
}

interface Reader {
  readonly person: string
  readonly admin: boolean
}

function shown(row: StoredMessageRow, { person, admin }: Reader, by: string): ShownMessage {
  const { reader: _reader, asker, event, nonce: _nonce, body, ...rest } = row
  const own = asker === person
  return { ...rest, own, ...(own ? { event } : { by }), ...omitUndefined({ body: body && bodyFor(body, own || admin) }) }
}

/** Nobody is shown a button that would be refused to them. */
function bodyFor(body: Body, mayEnd: boolean): Body {
  if (body.kind !== 'answer' || mayEnd || !body.buttons) return body
  return { ...body, buttons: body.buttons.filter((button) => button.for !== 'owner') }
}
