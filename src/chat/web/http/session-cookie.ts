// Session cookies: who somebody is, and that they gave the token. Out of reach for scripts and for other sites.
// Their names hold the id of our file: several pages on one machine differ in the port alone, and browsers keep cookies by host.

import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { adminMs, type PageUsers } from '../storage/page-users.ts'

export interface SessionCookie {
  /** Undefined for a browser that has not said hello. */
  person(c: Context): string | undefined
  /** Makes the browser a new person. */
  create(c: Context): string
  isAdmin(c: Context, person: string): boolean
  /** @returns whether the token was right */
  signIn(c: Context, person: string, token: string): boolean
  signOut(c: Context): void
  /** The browser is nobody we know from here on. */
  leave(c: Context): void
}

/** As long as browsers keep one. */
const personMs = 400 * 24 * 3600 * 1000

export function createSessionCookie(users: PageUsers, id: string, secure: boolean): SessionCookie {
  const personName = `zoetrope-${id}`
  const adminName = `zoetrope-admin-${id}`
  const options = { httpOnly: true, sameSite: 'Strict', path: '/', secure } as const
  return {
    person: (c) => users.read(getCookie(c, personName)),

    create(c) {
      const { person, cookie } = users.create()
      setCookie(c, personName, cookie, { ...options, maxAge: personMs / 1000 })
      return person
    },

    isAdmin: (c, person) => users.isAdmin(person, getCookie(c, adminName)),

    signIn(c, person, token) {
      const session = users.signIn(person, token)
      if (session) setCookie(c, adminName, session, { ...options, maxAge: adminMs / 1000 })
      return session !== undefined
    },

    signOut(c) {
      users.signOut(getCookie(c, adminName))
      deleteCookie(c, adminName, options)
    },

    leave(c) {
      users.signOut(getCookie(c, adminName))
      deleteCookie(c, adminName, options)
      deleteCookie(c, personName, options)
    },
  }
}
