// The web adapter: the chat on a local page. Everything it needs comes as an argument; it opens one socket and one file.

import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { UserError } from '../../errors.ts'
import type { Command } from '../contract/command.ts'
import type { Platform, PlatformLimits } from '../contract/platform.ts'
import { createInFlight } from '../in-flight.ts'
import { withTimeout } from '../time-limit.ts'
import { createApp } from './app.ts'
import { isLoopbackHost } from './config.ts'
import type { PageViews } from './page-views.ts'
import { createPoster } from './post.ts'
import { createConversationStore } from './storage/conversation-store.ts'
import { openPageDatabase } from './storage/page-database.ts'
import { createPageUsers } from './storage/page-users.ts'
import { createPictureStore } from './storage/picture-store.ts'
import { createUploads } from './storage/uploads.ts'

export type { PageViews, PicturedStyle, QueuedOnPage, RecentAnimation, RecentAnimations, RecentQuery, Viewer } from './page-views.ts'

export interface WebOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Names under which it may be reached, besides localhost. Needed where `host` is not a loopback address. */
  readonly hosts?: readonly string[]
  /** It is reached through HTTPS alone: cookies travel nowhere else. */
  readonly secure?: boolean
  /** A reverse proxy says in X-Forwarded-For for whom it calls: limits go by it. */
  readonly trustProxy?: boolean
  /** Who gives it is admin and operator. Absent: nobody can be. */
  readonly adminToken?: string
  /** A SQLite file for the conversation; ':memory:' keeps nothing. */
  readonly file: string
  /** A folder of its own for files that people hand over. */
  readonly uploads: string
  readonly commands: readonly Command[]
  readonly views: PageViews
  /** What was posted longer ago is taken away. */
  readonly retentionDays: number
  readonly callsPerMinute?: number
  readonly now?: () => number
  /** A bug: to be logged. */
  readonly broken: (error: unknown) => void
}

export interface Web extends Platform {
  /** Takes away everything that this person said, got and handed over, and their name. */
  forget(person: string): Promise<void>
}

const limits: PlatformLimits = {
  responseMs: 10_000,
  maxBytes: 32 * 1024 * 1024,
  formats: ['webp', 'mp4', 'gif'],
  previews: true,
  edits: { perMinute: 150, per: 'message' },
  namesAsker: true,
  textChars: 8000,
  quoteChars: 2000,
  factChars: 1000,
  facts: 25,
  items: 25,
  buttons: 10,
  choices: 20,
}

const dayMs = 24 * 3600 * 1000
/** A minute's calls of one browser are two megabytes of words at most. */
const pruneMs = 10 * 60_000
/** How long calls in flight may take to end. */
const graceMs = 5000

export function createWeb(options: WebOptions): Web {
  const { host, port, hosts = [], adminToken, commands, now = Date.now } = options
  const database = openPageDatabase(options.file)
  const conversation = createConversationStore(database)
  const pictures = createPictureStore(database)
  const users = createPageUsers(database, adminToken, now)
  const uploads = createUploads(options.uploads, largestUpload(commands), now)
  const stopping = new AbortController()
  const closed = new AbortController()
  const inFlight = createInFlight()
  let server: Server | undefined
  let pruning: NodeJS.Timeout | undefined
  const prune = () => {
    conversation.prune(now() - options.retentionDays * dayMs)
    conversation.trim()
    void uploads.prune().catch(options.broken)
  }

  return {
    name: 'web',
    limits,
    ...createPoster({ database, conversation, pictures, now, closed: closed.signal }),

    async start(receiver) {
      if (!isLoopbackHost(host) && hosts.length === 0) {
        const sentence = `The page would listen on ${host}, where others reach it: set HOSTS to the names under which they may, or HOST to 127.0.0.1.`
        throw new UserError('web-hosts-missing', sentence, { host })
      }
      await uploads.clear()
      const app = createApp({
        ...options,
        database,
        conversation,
        pictures,
        users,
        uploads,
        receiver,
        stopping: stopping.signal,
        signIn: adminToken !== undefined,
        secure: options.secure ?? false,
        hosts: [...hosts, ...(isLoopbackHost(host) ? [host] : [])],
        trustProxy: options.trustProxy ?? false,
        callsPerMinute: options.callsPerMinute ?? 240,
        newPeoplePerHour: options.callsPerMinute ?? 240,
        now,
        inFlight: (work) => void inFlight.track(work).catch(options.broken),
      })
      server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server
      const address = await listening(server, host, port)
      server.on('error', options.broken)
      prune()
      pruning = setInterval(prune, pruneMs).unref()
      const shown = isLoopbackHost(host) ? host : hosts[0]!
      return `http://${shown.includes(':') && !shown.startsWith('[') ? `[${shown}]` : shown}:${address.port}`
    },

    async stop() {
      clearInterval(pruning)
      stopping.abort()
      if (server?.listening) {
        const ended = new Promise((resolve) => server!.close(resolve))
        server.closeIdleConnections()
        const late = setTimeout(() => server!.closeAllConnections(), graceMs)
        await ended
        clearTimeout(late)
      }
      await withTimeout(graceMs, inFlight.settled(), () => undefined)
      server = undefined
      await uploads.clear()
      closed.abort(new Error('the page has stopped'))
      database.close()
    },

    trouble: () => (server?.listening ? undefined : 'The page is not being served.'),

    fetchFile: (attachment, signal) => uploads.read(attachment, signal),

    async forget(person) {
      conversation.forget(person)
      users.forget(person)
      await uploads.forget(person)
    },
  }
}

/** @throws UserError web-port-taken, web-port-forbidden, web-host-unknown */
async function listening(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(troubleOf(error, host, port)))
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`listening on ${address}, which is no port`)
  return address
}

function troubleOf(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const data = { host, port }
  const because = { cause: error }
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError('web-port-taken', `Port ${port} is taken: set PORT to another, or stop what has it.`, data, because)
    case 'EACCES':
      return new UserError('web-port-forbidden', `Port ${port} may not be used by this account: set PORT to one above 1023.`, data, because)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UserError('web-host-unknown', `${host} is no address of this machine: set HOST to 127.0.0.1.`, data, because)
    default:
      return error
  }
}

function largestUpload(commands: readonly Command[]): number {
  const options = commands.flatMap(({ actions }) => Object.values(actions).flatMap(({ options }) => Object.values(options)))
  return Math.max(0, ...options.map((option) => (option.kind === 'file' || option.kind === 'files' ? option.maxBytes : 0)))
}
