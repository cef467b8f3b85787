// The web app: the page's server without its socket: what is checked of every call, then the routes, then the sentence for what went wrong.

import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono } from 'hono'
import type { Command } from '../contract/command.ts'
import type { Receiver } from '../contract/platform.ts'
import { createAuthenticate } from './http/authenticate.ts'
import { clientAddress, isLoopback } from './http/client-address.ts'
import { HttpError } from './http/http-error.ts'
import { requestGuard } from './http/request-guard.ts'
import { createSessionCookie } from './http/session-cookie.ts'
import type { PageError } from './page-json.ts'
import { pageSetup } from './page-setup.ts'
import { guestName } from './page-texts.ts'
import type { PageViews } from './page-views.ts'
import { accountRoutes } from './routes/account-routes.ts'
import { conversationRoutes } from './routes/conversation-routes.ts'
import { pageFiles } from './routes/static-files.ts'
import { viewRoutes } from './routes/view-routes.ts'
import type { ConversationStore } from './storage/conversation-store.ts'
import type { PageDatabase } from './storage/page-database.ts'
import type { PageUsers } from './storage/page-users.ts'
import type { PictureStore } from './storage/picture-store.ts'
import type { Uploads } from './storage/uploads.ts'

export interface AppOptions {
  readonly database: PageDatabase
  readonly conversation: ConversationStore
  readonly pictures: PictureStore
  readonly users: PageUsers
  readonly uploads: Uploads
  readonly views: PageViews
  readonly commands: readonly Command[]
  readonly receiver: Receiver
  readonly stopping: AbortSignal
  /** Whether there is a token to sign in with. */
  readonly signIn: boolean
  readonly secure: boolean
  readonly hosts: readonly string[]
  /** A reverse proxy says in X-Forwarded-For for whom it calls. */
  readonly trustProxy: boolean
  readonly callsPerMinute: number
  readonly newPeoplePerHour: number
  readonly now: () => number
  readonly broken: (error: unknown) => void
  /** What is still being worked on when the server stops. */
  readonly inFlight: (work: Promise<unknown>) => void
}

export function createApp(options: AppOptions): Hono {
  const { database, users, commands, broken } = options
  const cookie = createSessionCookie(users, database.id, options.secure)
  const authenticate = createAuthenticate(cookie)
  const nameOf = (person: string, locale: string) => users.nameOf(person) || guestName(person, locale)
  const remoteOf = (c: Context) => getConnInfo(c).remote.address ?? ''
  const addressOf = (c: Context) => clientAddress(remoteOf(c), options.trustProxy ? c.req.header('x-forwarded-for') : undefined)
  /** All who come through a proxy on this machine have its address, unless it says for whom it calls. */
  const isShared = (c: Context) => isLoopback(remoteOf(c)) && !options.trustProxy
  const sourceOf = (c: Context) => (isShared(c) ? authenticate.person(c) : undefined) ?? addressOf(c)

  const app = new Hono()
  for (const check of requestGuard({ ...options, sourceOf })) app.use(check)
  app.route('/', pageFiles())
  app.route('/', accountRoutes({ ...options, cookie, authenticate, addressOf }))
  app.route('/', conversationRoutes({ ...options, authenticate, nameOf, sourceOf, id: database.id }))
  app.route(
    '/',
    viewRoutes({
      ...options,
      authenticate,
      nameOf: ({ platform, person }, locale) => (platform === 'web' ? nameOf(person, locale) : platform),
    }),
  )
  app.get('/api/house', (c) => c.json(pageSetup(c.req.query('locale')?.slice(0, 35) ?? 'en', commands)))
  app.notFound((c) => c.json({ code: 'not-found', message: 'There is nothing here.' } satisfies PageError, 404))
  app.onError((error, c) => {
    if (error instanceof HttpError) return c.json({ code: error.code, message: error.message } satisfies PageError, error.status)
    broken(error)
    return c.json({ code: 'broken', message: 'Something broke. It has been noted.' } satisfies PageError, 500)
  })
  return app
}
