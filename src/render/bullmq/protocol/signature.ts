// Message authentication (HMAC-SHA256, RFC 2104): what bot and GPU hosts say to each other through Redis is signed with one key, so that
// whoever reaches Redis without it can say nothing. The text is signed as it travels, so that it needs no canonical form.

import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** What a text is meant as; one kind is never taken for another. */
export type MessageKind = 'announcement' | 'order' | 'outcome' | 'progress' | 'command' | 'placement'

export interface Signature {
  /** @param validMs after that nobody takes it any more */
  sign(kind: MessageKind, body: unknown, validMs: number): string
  /** @throws NotAuthentic */
  open<T>(kind: MessageKind, text: unknown, body: z.ZodType<T>): Opened<T>
}

export interface Opened<T> {
  readonly body: T
  /** Never the same twice. */
  readonly nonce: string
  readonly issuedMs: number
  readonly expiresMs: number
}

export interface SignatureOptions {
  /** At least 16 characters that nobody guesses; the same for the bot and all of its hosts. */
  readonly key: string
  /** Since 1970. */
  readonly nowMs: () => number
}

/** Of one text. A preview is the largest thing that is said. */
export const maxTextChars = 1 << 19

/** Clocks of several machines differ. */
export const skewMs = 60_000

const envelope = z.object({
  kind: z.string(),
  nonce: z.string().min(8).max(64),
  issuedMs: z.number(),
  expiresMs: z.number(),
  body: z.unknown(),
})

export function createSignature({ key, nowMs }: SignatureOptions): Signature {
  const macOf = (text: string): Buffer => createHmac('sha256', key).update(text).digest()

  return {
    sign(kind, body, validMs) {
      const issuedMs = nowMs()
      const text = JSON.stringify({ kind, nonce: randomUUID(), issuedMs, expiresMs: issuedMs + validMs, body })
      if (text.length > maxTextChars) throw new Error(`a ${kind} of ${text.length} characters is longer than ${maxTextChars}`)
      return `${macOf(text).toString('base64url')}.${text}`
    },
    open<T>(kind: MessageKind, signed: unknown, schema: z.ZodType<T>): Opened<T> {
      if (typeof signed !== 'string') throw new NotAuthentic('is no text')
      if (signed.length > maxTextChars + macChars + 1) throw new NotAuthentic('is too long')
      const mac = Buffer.from(signed.slice(0, macChars), 'base64url')
      const text = signed.slice(macChars + 1)
      const expected = macOf(text)
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) throw new NotAuthentic('is signed with another key')
      const { kind: meant, nonce, issuedMs, expiresMs, body } = envelope.parse(JSON.parse(text))
      if (meant !== kind) throw new NotAuthentic(`is meant as ${meant}, not as ${kind}`)
      const now = nowMs()
      if (issuedMs > now + skewMs) throw new NotAuthentic(`was said ${seconds(issuedMs - now)} s from now: a clock is wrong`)
      if (expiresMs < now - skewMs) throw new NotAuthentic(`ended ${seconds(now - expiresMs)} s ago`, { expired: true })
      const read = schema.safeParse(body)
      if (!read.success)
        throw new NotAuthentic(`is not understood: ${read.error.issues[0]?.path.join('.')} ${read.error.issues[0]?.message}`)
      return { body: read.data, nonce, issuedMs, expiresMs }
    },
  }
}

/** 32 bytes in base64url. */
const macChars = 43

/** Not said by whoever has the key, or not to be taken any more. */
export class NotAuthentic extends Error {
  override readonly name = 'NotAuthentic'
  /** Said by whoever has the key, and over. */
  readonly expired: boolean

  constructor(message: string, { expired = false } = {}) {
    super(message)
    this.expired = expired
  }
}

const seconds = (ms: number): number => Math.round(ms / 1000)

/** What may be heard once: texts that were heard are remembered until nobody would take them again. */
export interface SeenNonces {
  /** False the second time. */
  first(opened: Pick<Opened<unknown>, 'nonce' | 'expiresMs'>): boolean
}

export function createSeenNonces(nowMs: () => number): SeenNonces {
  const seen = new Map<string, number>()
  let sweptMs = 0

  function sweep(): void {
    const now = nowMs()
    if (now - sweptMs < skewMs) return
    sweptMs = now
    for (const [nonce, expiresMs] of seen) if (expiresMs < now - skewMs) seen.delete(nonce)
  }

  return {
    first({ nonce, expiresMs }) {
      sweep()
      if (seen.has(nonce)) return false
      seen.set(nonce, expiresMs)
      return true
    },
  }
}
