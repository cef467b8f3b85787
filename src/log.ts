// The log: what is written down while the bot runs, one JSON object a line, with the ids of request and job. People's words stand there at
// level debug only; tokens never: they are masked wherever they would appear.

import { type Logger, pino } from 'pino'

export type Log = Logger

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type Level = (typeof levels)[number]

export interface LogOptions {
  readonly level: Level
  /** Masked in every line. */
  readonly secrets?: readonly string[]
  /** Where lines go. */
  readonly write?: (line: string) => unknown
}

export function createLog({ level, secrets = [], write = (line) => process.stderr.write(line) }: LogOptions): Log {
  // as they stand in a JSON string; longest first, so that a secret within another leaves no rest
  const masked = secrets
    .filter((secret) => secret.length >= 4)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .sort((a, b) => b.length - a.length)
  const mask = (line: string) => masked.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line)
  const redact = { paths: ['address', 'token', 'authorization', '*.address', '*.token', '*.authorization'], censor: '[secret]' }
  const formatters = { level: (label: string) => ({ level: label }) }
  const serializers = { err: withoutCommand }
  return pino({ level, base: null, redact, formatters, serializers }, { write: (line: string) => void write(escaped(mask(line))) })
}

/** Errors of Redis carry the command that failed: passwords and people's files among its arguments. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { command: _command, aggregateErrors, ...said } = pino.stdSerializers.err(error)
  return aggregateErrors
    ? { ...said, aggregateErrors: aggregateErrors.map(({ command: _of, ...one }: Record<string, unknown>) => one) }
    : said
}

/** Control characters and marks of direction that JSON lets stand: a terminal obeys them, whoever wrote them. The line means the same. */
function escaped(line: string): string {
  return line.replaceAll(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (text) =>
    Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}
