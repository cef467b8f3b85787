// Authentication: who makes a call, by its cookies.

import type { Context } from 'hono'
import type { Viewer } from '../page-views.ts'
import { viewerOf } from '../receive.ts'
import { HttpError } from './http-error.ts'
import type { SessionCookie } from './session-cookie.ts'

export interface Authenticate {
  /** Undefined for a browser that has not said hello. */
  person(c: Context): string | undefined
  /** @throws HttpError nobody */
  known(c: Context): string
  /** @param locale of the call's query, unless it says so otherwise @throws HttpError nobody */
  viewer(c: Context, locale?: string): Viewer
}

export function createAuthenticate(cookie: SessionCookie): Authenticate {
  const known = (c: Context) => {
    const person = cookie.person(c)
    if (person) return person
    throw new HttpError(401, 'nobody', 'The page does not know this browser: load it again.')
  }
  return {
    person: (c) => cookie.person(c),
    known,
    viewer(c, locale = c.req.query('locale')?.slice(0, 35) ?? 'en') {
      const person = known(c)
      return viewerOf(person, cookie.isAdmin(c, person), locale)
    },
  }
}
