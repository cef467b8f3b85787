// Users of the page: a browser is a person, known by a signed cookie; who gave the token is admin and operator.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { plainText, shortened } from '../../contract/plain-text.ts'
import type { PageDatabase } from './page-database.ts'

export interface PageUsers {
  /** A new person and their cookie. */
  create(): { readonly person: string; readonly cookie: string }
  /** Whose cookie this is; undefined where we did not sign it. */
  read(cookie: string | undefined): string | undefined
  /** '' while none was chosen. */
  nameOf(person: string): string
  rename(person: string, name: string): void
  /** The secret of a new session, or undefined where the token is wrong. */
  signIn(person: string, token: string): string | undefined
  signOut(session: string | undefined): void
  isAdmin(person: string, session: string | undefined): boolean
  /** Whether this browser ever gave the token that holds now. */
  hasSignedIn(person: string): boolean
  forget(person: string): void
}

export const adminMs = 30 * 24 * 3600 * 1000
const maxNameChars = 40

export function createPageUsers({ sql, secret }: PageDatabase, adminToken: string | undefined, now: () => number): PageUsers {
  const token = adminToken === undefined ? undefined : digest(adminToken)
  const name = sql.prepare('SELECT name FROM people WHERE person = ?')
  const admin = sql.prepare('SELECT 1 FROM admins WHERE session = ? AND person = ? AND token = ? AND until_ms > ?')
  const signedIn = sql.prepare('SELECT 1 FROM admins WHERE person = ? AND token = ?')
  const signature = (person: string) => createHmac('sha256', secret).update(`person ${person}`).digest()

  return {
    create() {
      const person = randomBytes(10).toString('hex')
      return { person, cookie: `${person}.${signature(person).toString('base64url')}` }
    },

    read(cookie) {
      const [, person, signed] = /^([0-9a-f]{20})\.([\w-]{43})$/.exec(cookie ?? '') ?? []
      if (!person || !signed) return undefined
      const given = Buffer.from(signed, 'base64url')
      const wanted = signature(person)
      return given.length === wanted.length && timingSafeEqual(given, wanted) ? person : undefined
    },

    nameOf: (person) => String(name.get(person)?.['name'] ?? ''),

    rename(person, wanted) {
      const short = shortened(plainText(wanted), maxNameChars)
      if (short === '') sql.prepare('DELETE FROM people WHERE person = ?').run(person)
      else sql.prepare('INSERT OR REPLACE INTO people VALUES (?, ?)').run(person, short)
    },

    signIn(person, given) {
      if (!token || !timingSafeEqual(token, digest(given))) return undefined
      const session = randomBytes(32).toString('base64url')
      const row = [digest(session).toString('hex'), person, digest(token).toString('hex'), now() + adminMs] as const
      sql.prepare('INSERT INTO admins VALUES (?, ?, ?, ?)').run(...row)
      return session
    },

    signOut(session) {
      // The row stays: it tells a browser of the operator's from a stranger's.
      if (session) sql.prepare('UPDATE admins SET until_ms = 0 WHERE session = ?').run(digest(session).toString('hex'))
    },

    // another token signs everybody out who came with the old one
    isAdmin: (person, session) =>
      Boolean(token && session && admin.get(digest(session).toString('hex'), person, digest(token).toString('hex'), now())),

    hasSignedIn: (person) => token !== undefined && signedIn.get(person, digest(token).toString('hex')) !== undefined,

    forget(person) {
      sql.prepare('DELETE FROM people WHERE person = ?').run(person)
    },
  }
}

function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest()
}
