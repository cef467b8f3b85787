// The HTTP transport: Slack calls us, and so could anybody. Bolt checks the signature and refuses what is older than five minutes; it takes
// what is dated in the future and what it has taken before, and a signed body of `null` ends its process. Those stop here.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'node:querystring'
import { HTTPReceiver } from '@slack/bolt'
import { UserError } from '../../../errors.ts'
import { libraryLogger, type RedactedLog } from '../api/redacted-log.ts'
import type { Transport } from './transport.ts'

export interface HttpOptions {
  readonly signingSecret: string
  readonly port: number
  readonly host: string
  readonly log: RedactedLog
}

const path = '/slack/events'
const maxBytes = 1024 * 1024
const maxAgeMs = 5 * 60_000
const mostConnections = 500

/** @throws UserError slack-signing-secret-kind */
export function httpTransport({ signingSecret, port, host, log }: HttpOptions): Transport {
  if (!/^[0-9a-f]{20,}$/i.test(signingSecret)) {
    const sentence =
      "SLACK_SIGNING_SECRET must be the app's Signing Secret, hexadecimal digits: copy it from the app's page, Basic Information."
    throw new UserError('slack-signing-secret-kind', sentence)
  }
  const receiver = new HTTPReceiver({ signingSecret, endpoints: path, logger: libraryLogger(log), bodyLimit: maxBytes })
  const seen = takenBefore()
  let trouble: string | undefined = 'not listening yet'

  const server = createServer({ requestTimeout: 20_000, headersTimeout: 10_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.warn({ err: error }, 'a call of the port for Slack could not be read')
      if (!response.headersSent) refuse(response, 400)
    })
  })

  // Each may bring a megabyte before it is known whose it is.
  server.maxConnections = mostConnections

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.split('?')[0] !== path) return refuse(response, 404)
    if (request.method !== 'POST') return refuse(response, 405)
    const body = await readBody(request)
    if (!body) return refuse(response, 413)
    if (isCertificateCheck(request.headers['content-type'], body.toString())) return void response.writeHead(200).end()
    const fault = faultOf(request, body)
    if (fault) {
      log.warn({ fault }, 'a call of the port for Slack was refused')
      return refuse(response, fault === 'no object' ? 400 : 401)
    }
    const signature = String(request.headers['x-slack-signature'])
    if (!isSigned(request, body, signingSecret)) {
      log.warn({ fault: 'wrong signature' }, 'a call of the port for Slack was refused')
      return refuse(response, 401)
    }
    // Only what is Slack's is remembered: anybody can send anything.
    if (!seen.take(signature)) {
      log.warn({ fault: 'replayed' }, 'a call of the port for Slack was refused')
      return refuse(response, 401)
    }
    response.once('finish', () => response.statusCode === 401 && seen.forget(signature))
    receiver.requestListener(Object.assign(request, { rawBody: body }), response)
  }

  let closed: Promise<void> | undefined
  function shut(): Promise<void> {
    closed ??= new Promise((resolve) => server.close(() => resolve()))
    return closed
  }

  return {
    receiver,
    async open() {
      server.listen(port, host)
      await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
        const sentence = `Slack's events need port ${port}, which cannot be opened (${error.code}): set SLACK_PORT to one that is free.`
        throw new UserError('slack-port-taken', sentence, { port, reason: error.code }, { cause: error })
      })
      trouble = undefined
      return `HTTP at http://${host}:${(server.address() as AddressInfo).port}${path}`
    },
    shut,
    async close() {
      trouble = 'stopped'
      server.closeIdleConnections()
      const slow = setTimeout(() => server.closeAllConnections(), 1000)
      await shut().finally(() => clearTimeout(slow))
    },
    trouble: () => trouble,
  }
}

/** Source: docs.slack.dev/authentication/verifying-requests-from-slack. */
function isSigned({ headers }: IncomingMessage, body: Buffer, signingSecret: string): boolean {
  const given = Buffer.from(String(headers['x-slack-signature']))
  const base = `v0:${headers['x-slack-request-timestamp']}:`
  const wanted = Buffer.from(`v0=${createHmac('sha256', signingSecret).update(base).update(body).digest('hex')}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function faultOf(request: IncomingMessage, body: Buffer): string | undefined {
  const stamp = request.headers['x-slack-request-timestamp']
  if (typeof stamp !== 'string' || !/^\d{1,12}$/.test(stamp)) return 'no timestamp'
  if (Number(stamp) * 1000 > Date.now() + maxAgeMs) return 'dated in the future'
  return isObject(request.headers['content-type'], body.toString()) ? undefined : 'no object'
}

/** Slack looks now and then whether the address of a command has a valid certificate; it signs nothing and asks for nothing. */
function isCertificateCheck(contentType: string | undefined, body: string): boolean {
  return contentType === formType && parse(body)['ssl_check'] === '1'
}

const formType = 'application/x-www-form-urlencoded'

/** As Bolt reads it: a form, perhaps with JSON in it, or JSON. */
function isObject(contentType: string | undefined, body: string): boolean {
  try {
    const form = contentType === formType ? parse(body) : undefined
    if (form && typeof form['payload'] !== 'string') return true
    const json: unknown = JSON.parse(form ? String(form['payload']) : body)
    return typeof json === 'object' && json !== null
  } catch {
    return false
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Signatures of the last minutes: older ones are refused for their age. */
function takenBefore() {
  const untilMs = new Map<string, number>()
  return {
    take(signature: string): boolean {
      for (const [old, ms] of untilMs) {
        if (ms > Date.now()) break
        untilMs.delete(old)
      }
      if (untilMs.has(signature)) return false
      untilMs.set(signature, Date.now() + 2 * maxAgeMs)
      return true
    },
    forget: (signature: string) => untilMs.delete(signature),
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' }).end()
}
