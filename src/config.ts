// Configuration: gathers the environment variables that the rooms declare, and is the only reader of the environment. The table that
// `npm start -- --help` prints is made from the declarations. What is wrong in general stops the bot with one sentence; what is wrong about
// a platform turns that one off.

import { z } from 'zod'
import { type DiscordConfig, discordConfig, discordVariables } from './chat/discord/config.ts'
import { type SlackConfig, slackConfig, slackVariables } from './chat/slack/config.ts'
import { type PageConfig, pageConfig, pageVariables } from './chat/web/config.ts'
import {
  type EnvironmentValues,
  type EnvironmentVariable,
  type EnvironmentVariables,
  filePath,
  listed,
  oneOf,
  port,
  type Switched,
  whole,
} from './environment.ts'
import { UserError } from './errors.ts'
import { limitsConfig, limitVariables } from './jobs/limits/config.ts'
import type { Limits } from './jobs/limits/limits.ts'
import { type Level, levels } from './log.ts'
import { omitUndefined } from './omit-undefined.ts'
import { type HostsConfig, hostsConfig, hostVariables } from './render/bullmq/config.ts'
import { type RenderConfig, renderConfig, renderVariables } from './render/config.ts'
import { type ModelsConfig, modelsConfig, modelVariables } from './styles/config.ts'

export interface Config extends RenderConfig, HostsConfig, ModelsConfig {
  readonly home: string
  readonly page: PageConfig
  readonly discord?: Switched<DiscordConfig>
  readonly slack?: Switched<SlackConfig>
  readonly redisUrl?: string
  /** People who may change what ships and what other places have added: 'discord/123'. */
  readonly operators: readonly string[]
  readonly retentionDays: number
  readonly logLevel: Level
  /** Of an OpenTelemetry collector. */
  readonly traces?: string
  readonly health: { readonly host: string; readonly port: number }
  readonly limits: Limits
  /** Never to be written down. */
  readonly secrets: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Those that are no room's, and between them those of the rooms: in the order in which they are listed. */
const variables = {
  ZOETROPE_HOME: {
    about: 'Folder for everything that is kept: records, animations, styles, cache',
    usual: '.zoetrope',
    schema: filePath,
  },
  ...pageVariables,
  ...discordVariables,
  ...slackVariables,
  REDIS_URL: {
    about: 'redis://…; where records and limits are kept instead of in ZOETROPE_HOME, and the way to GPU hosts',
    secret: true,
    schema: z.url({ protocol: /^rediss?$/, error: 'a redis:// address' }),
  },
  ...hostVariables,
  ...modelVariables,
  ...renderVariables,
  OPERATORS: {
    about: 'Who may manage the styles of every place and offer one everywhere, as platform/id with commas between; admins of the page may',
    schema: z.string().regex(/^(discord|slack)\/\w+(\s*,\s*(discord|slack)\/\w+)*$/, 'such as discord/123456789012345678,slack/U012AB3CD'),
  },
  RETENTION_DAYS: { about: 'How long requests and animations without a star are kept', usual: '30', schema: whole(1, 36500) },
  ...limitVariables,
  LOG_LEVEL: { about: `How much is logged: ${levels.join(', ')}`, usual: 'info', schema: oneOf(levels) },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    about: 'Where traces go: an OpenTelemetry collector, such as http://localhost:4318; nowhere otherwise',
    schema: z.url({ protocol: /^https?$/, error: 'an http:// address' }),
  },
  HEALTH_HOST: { about: 'Where /healthz, /readyz and /metrics listen', usual: '127.0.0.1', schema: z.string() },
  HEALTH_PORT: { about: 'Their port; 0 takes any that is free', usual: '8788', schema: port },
} as const satisfies EnvironmentVariables

const declared: readonly (readonly [name: string, variable: EnvironmentVariable])[] = Object.entries(variables)

/** @throws UserError bad-setting naming every setting that is wrong, with what it should be */
export function readConfig(environment: Environment): Config {
  const values = readAll(environment)
  return {
    home: values.ZOETROPE_HOME,
    page: pageConfig(values),
    ...omitUndefined({
      discord: discordConfig(values),
      slack: slackConfig(values),
      redisUrl: values.REDIS_URL,
      traces: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    }),
    ...renderConfig(values),
    ...hostsConfig(values),
    ...modelsConfig(values),
    operators: listed(values.OPERATORS),
    retentionDays: values.RETENTION_DAYS,
    logLevel: values.LOG_LEVEL,
    health: { host: values.HEALTH_HOST, port: values.HEALTH_PORT },
    limits: limitsConfig(values),
    secrets: declared.flatMap(([name, { secret }]) => (secret ? secretsIn(environment[name]?.trim() ?? '') : [])),
  }
}

/** As it is read, and the password within a URL, which clients say apart. */
function secretsIn(value: string): string[] {
  const password = URL.canParse(value) ? new URL(value).password : ''
  return [...new Set([value, password, decoded(password)])].filter((secret) => secret !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a % that encodes nothing
  }
}

/** Their names. */
export const settings: readonly string[] = declared.map(([name]) => name)

/** Every setting, what it is for, and what holds where it is not set. */
export function settingsTable(): string {
  const rows = declared.map(([name, { about, usual = '' }]) => [name, usual, about] as const)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map(([name, usual, about]) => `${name.padEnd(widths[0]!)}  ${usual.padEnd(widths[1]!)}  ${about}`).join('\n')
}

/** The same as a page of deploy/. */
export function settingsMarkdown(): string {
  const rows = declared.map(([name, { about, usual = '', secret }]) => {
    const cells = [`\`${name}\``, usual && `\`${usual}\``, `${about.replaceAll('|', '\\|')}${secret ? ' (secret: never logged)' : ''}`]
    return `| ${cells.join(' | ')} |`
  })
  const introduction =
    'Every setting, from the environment. `npm start -- --help` prints the same; `npm run zoetrope -- doctor` checks what is set.'
  return ['# Settings', '', introduction, '', '| setting | usually | what for |', '|---|---|---|', ...rows, ''].join('\n')
}

function readAll(environment: Environment): EnvironmentValues<typeof variables> {
  const wrong: string[] = []
  const names: string[] = []
  const read = declared.map(([name, { schema, usual, secret }]) => {
    const text = environment[name]?.trim() || usual
    if (text === undefined) return [name, undefined]
    const { success, data, error } = schema.safeParse(text)
    if (success) return [name, data]
    names.push(name)
    wrong.push(`${name} should be ${error.issues[0]!.message}${secret ? '' : `, and is '${text}'`}`)
    return [name, undefined]
  })
  if (wrong.length > 0) throw new UserError('bad-setting', `${wrong.join('; ')}.`, { names })
  return Object.fromEntries(read) as EnvironmentValues<typeof variables>
}
