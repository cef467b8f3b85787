// Transports: the two ways in which Slack reaches an app, with the options that choose one, and how Slack sends an event by it.

import type { SlackOptions } from '../../../src/chat/slack/index.ts'
import { appToken, signingSecret } from './emulated.ts'
import type { Acknowledged, SlackServer } from './server.ts'

export interface Transport {
  readonly name: string
  readonly options: Partial<SlackOptions>
  /** @param line what the platform said as it started: by HTTP, with its port */
  send(server: SlackServer, line: string, type: string, payload: unknown, retry?: number): Promise<Acknowledged>
}

export const socketMode: Transport = {
  name: 'Socket Mode',
  options: { appToken },
  send: (server, _line, type, payload, retry) => server.bySocket(type, payload, retry),
}

export const http: Transport = {
  name: 'HTTP',
  options: { signingSecret, port: 0, host: '127.0.0.1' },
  send(server, line, type, payload, retry) {
    // what is sent again is signed anew
    const later = retry === undefined ? {} : { retry, atMs: Date.now() + retry * 1000 }
    return server.byHttp(portIn(line), type, payload, later)
  },
}

export const transports: readonly Transport[] = [socketMode, http]

/** The port in the address that the platform named. */
export function portIn(line: string): number {
  return Number(/:(\d+)\//.exec(line)![1])
}
