// A redacted log: Slack's libraries write to the bot's log, from warnings on, and nothing that is logged holds a secret.

import type { Logger } from '@slack/bolt'
import { LogLevel } from '@slack/bolt'

/** As pino has it. */
export interface RedactedLog {
  info(data: object, text: string): void
  warn(data: object, text: string): void
  error(data: object, text: string): void
}

export const silent: RedactedLog = { info() {}, warn() {}, error() {} }

/** A log that says neither these secrets nor anything that looks like a token of Slack's or an address that responds for somebody. */
export function withoutSecrets(log: RedactedLog, secrets: readonly string[]): RedactedLog {
  const clean = (data: object) => JSON.parse(redacted(JSON.stringify(data, readable), secrets)) as object
  return {
    info: (data, text) => log.info(clean(data), redacted(text, secrets)),
    warn: (data, text) => log.warn(clean(data), redacted(text, secrets)),
    error: (data, text) => log.error(clean(data), redacted(text, secrets)),
  }
}

export function redacted(text: string, secrets: readonly string[] = []): string {
  const known = secrets.filter((secret) => secret.length > 0).reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
  return known.replace(/xox[a-z]-[\w-]+|xapp-[\w-]+/g, '[token]').replace(/(?:https?|wss?):\/\/[^\s"'\\]*/g, host)
}

/** What Bolt, the web client and the socket say. Debugging would log whole messages of people, so it is never on. */
export function libraryLogger(log: RedactedLog): Logger {
  const say = (level: 'warn' | 'error') => {
    return (...parts: unknown[]) => log[level]({}, parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' '))
  }
  return {
    debug() {},
    info() {},
    warn: say('warn'),
    error: say('error'),
    setLevel() {},
    getLevel: () => LogLevel.WARN,
    setName() {},
  }
}

/** Paths and queries of Slack's addresses are tickets. */
function host(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : '[address]'
}

function readable(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value
}
