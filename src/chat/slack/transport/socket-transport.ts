// The Socket Mode transport. Slack renews sockets every hour or so. Bolt's client waits five seconds before it opens the next one, and what
// people type in between fails; it also tries for ever where Slack says no at the start. So connecting again is done here.

import { setTimeout as sleep } from 'node:timers/promises'
import { SocketModeReceiver } from '@slack/bolt'
import { UserError } from '../../../errors.ts'
import { withTimeout } from '../../time-limit.ts'
import { libraryLogger, type RedactedLog } from '../api/redacted-log.ts'
import { notStarted } from '../api/sign-in.ts'
import { SlackError, slackError } from '../api/web-api.ts'
import { readable } from './socket-envelopes.ts'
import type { Transport } from './transport.ts'

export interface SocketOptions {
  readonly appToken: string
  readonly apiUrl: string
  readonly log: RedactedLog
  /** Before the first attempt to connect again; doubles up to a minute. */
  readonly retryMs?: number
}

/** @throws UserError slack-app-token-kind */
export function socketTransport({ appToken, apiUrl, log, retryMs = 250 }: SocketOptions): Transport {
  if (!appToken.startsWith('xapp-')) {
    const sentence =
      "SLACK_APP_TOKEN must be an app-level token, which begins with xapp-: generate one with the scope connections:write on the app's page, Basic Information."
    throw new UserError('slack-app-token-kind', sentence)
  }
  const receiver = new SocketModeReceiver({
    appToken,
    logger: libraryLogger(log),
    autoReconnectEnabled: false,
    clientPingTimeout: 10_000,
    installerOptions: {
      clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: 15_000, rejectRateLimitedCalls: true },
    },
  })
  const { client } = receiver
  const read = client.listeners('ws_message')
  client.removeAllListeners('ws_message')
  client.on('ws_message', (data: unknown) => {
    const message = readable(data)
    if (message !== undefined) for (const one of read) one(message, false)
  })
  const closing = new AbortController()
  let trouble: string | undefined = 'not connected yet'
  let connecting: Promise<void> | undefined

  async function connect(): Promise<void> {
    await withTimeout<unknown>(20_000, receiver.start(), () => {
      throw new SlackError('apps.connections.open', 'no-hello')
    })
    trouble = undefined
  }

  async function connectAgain(): Promise<void> {
    for (let waitMs = retryMs; !closing.signal.aborted; waitMs = Math.min(60_000, waitMs * 2)) {
      try {
        return await connect()
      } catch (error) {
        const { message } = slackError('apps.connections.open', error)
        trouble = `the connection to Slack is lost (${message})`
        log.warn({ waitMs }, trouble)
        await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  return {
    receiver,
    async open() {
      await connect().catch((error: unknown) => {
        void client.disconnect()
        const step = 'generate an app-level token (xapp-…) with the scope connections:write under Basic Information'
        throw notStarted(slackError('apps.connections.open', error), 'slack-app-token-refused', 'SLACK_APP_TOKEN', step)
      })
      client.on('disconnected', () => {
        if (closing.signal.aborted || connecting) return
        trouble = 'connecting to Slack again'
        connecting = connectAgain().finally(() => {
          connecting = undefined
        })
      })
      return 'Socket Mode'
    },
    shut: () => closing.abort(),
    async close() {
      trouble = 'stopped'
      await connecting
      await client.disconnect()
    },
    trouble: () => trouble,
  }
}
