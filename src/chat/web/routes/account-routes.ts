// Account routes: saying hello, taking a name, signing in with the token, leaving.

import { type Context, Hono } from 'hono'
import { z } from 'zod'
import type { Authenticate } from '../http/authenticate.ts'
import { HttpError } from '../http/http-error.ts'
import { jsonOf } from '../http/json-body.ts'
import { createRateLimit, type RateLimit } from '../http/rate-limit.ts'
import type { SessionCookie } from '../http/session-cookie.ts'
import type { Me } from '../page-json.ts'
import { checkShape } from '../receive.ts'
import type { ConversationStore } from '../storage/conversation-store.ts'
import type { PageUsers } from '../storage/page-users.ts'

export interface AccountRoutesOptions {
  readonly cookie: SessionCookie
  readonly authenticate: Authenticate
  readonly users: PageUsers
  readonly conversation: ConversationStore
  readonly signIn: boolean
  /** How many browsers of one address may become new people within an hour: each may write. */
  readonly newPeoplePerHour: number
  readonly now: () => number
  readonly addressOf: (c: Context) => string
}

const nameSchema = z.object({ name: z.string().max(200) })
const tokenSchema = z.object({ token: z.string().min(1).max(1000) })

/** Of one address; of one that comes new while so many guess in all, the first alone: who guesses from many places is slowed, too. */
const guesses = { perAddress: 5, inAll: 50, perAddressThen: 1, withinMs: 10 * 60_000 } as const

export function accountRoutes(options: AccountRoutesOptions): Hono {
  const { cookie, authenticate, users, conversation, signIn, newPeoplePerHour, now, addressOf } = options
  const app = new Hono()
  const newPeople = createRateLimit(newPeoplePerHour, 3600_000)
  const [perAddress, inAll, perAddressThen] = [guesses.perAddress, guesses.inAll, guesses.perAddressThen].map((most) =>
    createRateLimit(most, guesses.withinMs),
  ) as [RateLimit, RateLimit, RateLimit]
  const me = (person: string, admin: boolean): Me => ({ person, name: users.nameOf(person), admin, signIn })

  /** Nobody's guesses count for another: not for a browser that has given the token before, nor for who comes from elsewhere. */
  function guessWaitMs(c: Context, person: string): number {
    const guesser = users.hasSignedIn(person) ? person : addressOf(c)
    const waitMs = perAddress.take(guesser, now())
    if (waitMs > 0) return waitMs
    const many = inAll.take('', now()) > 0
    const thenMs = perAddressThen.take(guesser, now())
    return many ? thenMs : 0
  }

  app.post('/api/hello', (c) => {
    const person = cookie.person(c) ?? welcome(c)
    return c.json(me(person, cookie.isAdmin(c, person)))
  })

  function welcome(c: Context): string {
    const waitMs = newPeople.take(addressOf(c), now())
    if (waitMs === 0) return cookie.create(c)
    c.header('Retry-After', String(Math.ceil(waitMs / 1000)))
    throw new HttpError(429, 'too-many-guests', `Too many guests have come from your network: again in ${Math.ceil(waitMs / 60_000)} min.`)
  }

  app.post('/api/name', async (c) => {
    const person = authenticate.known(c)
    users.rename(person, checkShape(nameSchema, await jsonOf(c)).name)
    return c.json(me(person, cookie.isAdmin(c, person)))
  })

  app.post('/api/sign-in', async (c) => {
    const person = authenticate.known(c)
    if (!signIn) throw new HttpError(404, 'no-token', 'No token is set, so nobody can sign in.')
    const { token } = checkShape(tokenSchema, await jsonOf(c))
    const waitMs = guessWaitMs(c, person)
    if (waitMs > 0) {
      c.header('Retry-After', String(Math.ceil(waitMs / 1000)))
      throw new HttpError(429, 'too-many-guesses', `Too many tokens were tried: again in ${Math.ceil(waitMs / 60_000)} min.`)
    }
    if (!cookie.signIn(c, person, token)) throw new HttpError(403, 'wrong-token', 'That is not the token.')
    return c.json(me(person, true))
  })

  app.post('/api/sign-out', (c) => {
    const person = authenticate.known(c)
    cookie.signOut(c)
    return c.json(me(person, false))
  })

  app.post('/api/clear', (c) => {
    conversation.clear(authenticate.known(c))
    return c.json({})
  })

  return app
}
