// The only reader of the environment. Each setting is declared once: the table that `npm start -- --help` prints is made
// from it. What is wrong in general stops the bot with one sentence; what is wrong about a platform turns that one off.

import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { devices } from './engine/device-names.ts'
import { UserError } from './errors.ts'
import { type Limits, type Rate, usualLimits } from './jobs/limits/limits.ts'
import { type Level, levels } from './log.ts'
import { defaultHome } from './paths.ts'

export interface Config {
  readonly home: string
  readonly page: PageConfig
  readonly discord?: Switched<DiscordConfig>
  readonly slack?: Switched<SlackConfig>
  readonly redisUrl?: string
  readonly device: string
  readonly threads?: number
  readonly ffmpeg?: string
  /** What draws instead of the small model that ships. */
  readonly checkpoint?: string
  readonly motion?: string
  /** Where models are pulled from, and as whom. */
  readonly hub: { readonly endpoint: string; readonly token?: string }
  /** People who may change what ships and what other places have added: 'discord/123'. */
  readonly operators: readonly string[]
  readonly retentionDays: number
  readonly logLevel: Level
  readonly health: { readonly host: string; readonly port: number }
  readonly limits: Limits
  /** Never to be written down. */
  readonly secrets: readonly string[]
}

/** Ready to be started, or the sentence that says what to mend. */
export type Switched<T> = ({ readonly ready: true } & T) | { readonly ready: false; readonly mend: string }

export interface PageConfig {
  readonly host: string
  readonly port: number
  readonly hosts: readonly string[]
  readonly secure: boolean
  readonly adminToken?: string
}

export interface DiscordConfig {
  readonly token: string
}

export interface SlackConfig {
  readonly botToken: string
  readonly appToken?: string
  readonly signingSecret?: string
  readonly host: string
  readonly port: number
}

export type Environment = Readonly<Record<string, string | undefined>>

const port = whole(0, 65535)
const rate = z.string().transform((text, ctx): Rate => {
  const match = /^(\d{1,6})\/(\d{1,5})(s|m|h)$/.exec(text)
  const jobs = Number(match?.[1])
  const units = { s: 1000, m: 60_000, h: 3_600_000 } as const
  if (match && jobs > 0 && Number(match[2]) > 0) return { jobs, perMs: Number(match[2]) * units[match[3] as keyof typeof units] }
  ctx.addIssue('a number of requests in a time, such as 6/10m')
  return z.NEVER
})

interface Declared {
  readonly about: string
  /** As people would write it. */
  readonly usual?: string
  readonly secret?: true
  readonly schema: z.ZodType
}

const declared = {
  ZOETROPE_HOME: {
    about: 'Folder for everything that is kept: records, animations, styles, cache',
    usual: '.zoetrope',
    schema: z.string(),
  },
  HOST: { about: 'Where the page listens; anything but loopback shows it to others', usual: '127.0.0.1', schema: z.string() },
  PORT: { about: 'Port of the page; 0 takes any that is free', usual: '8787', schema: port },
  HOSTS: { about: 'Names under which the page may be reached, with commas between', schema: z.string() },
  HTTPS_ONLY: { about: 'yes where the page stands behind HTTPS', usual: 'no', schema: yesOrNo() },
  ADMIN_TOKEN: {
    about: 'Who gives this on the page is its admin; made and kept in the folder otherwise',
    secret: true,
    schema: z.string().min(8, 'at least 8 characters'),
  },
  DISCORD_TOKEN: { about: "The bot's token, from discord.com/developers; turns Discord on", secret: true, schema: z.string() },
  SLACK_BOT_TOKEN: { about: 'xoxb-…; turns Slack on, together with one of the next two', secret: true, schema: z.string() },
  SLACK_APP_TOKEN: { about: 'xapp-…; Socket Mode: no public address is needed', secret: true, schema: z.string() },
  SLACK_SIGNING_SECRET: { about: 'HTTP instead of Socket Mode', secret: true, schema: z.string() },
  SLACK_HOST: { about: 'Where Slack over HTTP listens', usual: '0.0.0.0', schema: z.string() },
  SLACK_PORT: { about: 'Its port', usual: '3000', schema: port },
  REDIS_URL: {
    about: 'redis://…; shared records and limits of several bots',
    secret: true,
    schema: z.url({ protocol: /^rediss?$/, error: 'a redis:// address' }),
  },
  CHECKPOINT: { about: 'A Stable Diffusion 1.x checkpoint that draws instead of the small model', schema: z.string() },
  MOTION: { about: 'A motion module for it', schema: z.string() },
  HF_ENDPOINT: {
    about: 'Where models are pulled from: the hub, or a mirror of it',
    usual: 'https://huggingface.co',
    schema: z.url({ protocol: /^https?$/, error: 'an https:// address' }),
  },
  HF_TOKEN: { about: 'Of an account that has accepted the terms of gated models', secret: true, schema: z.string() },
  DEVICE: {
    about: `What draws: auto, ${devices.join(', ')}`,
    usual: 'auto',
    schema: oneOf(['auto', ...devices]),
  },
  THREADS: { about: 'Threads of the CPU', schema: whole(1, 1024) },
  FFMPEG_BIN: { about: 'Path of an ffmpeg for MP4; searched for otherwise', schema: z.string() },
  OPERATORS: {
    about: 'Who may manage the styles of every place, as platform/id with commas between; admins of the page may',
    schema: z.string().regex(/^(discord|slack)\/\w+(\s*,\s*(discord|slack)\/\w+)*$/, 'such as discord/123456789012345678,slack/U012AB3CD'),
  },
  RETENTION_DAYS: { about: 'How long requests and animations without a star are kept', usual: '30', schema: whole(1, 36500) },
  PERSON_WAITING: { about: 'Requests of one person that may wait', usual: String(usualLimits.person.waiting), schema: whole(1, 10_000) },
  PERSON_RUNNING: {
    about: 'Requests of one person that are drawn at once',
    usual: String(usualLimits.person.running),
    schema: whole(1, 1000),
  },
  PERSON_RATE: { about: 'Requests of one person in a time', usual: rateText(usualLimits.person.rate), schema: rate },
  SPACE_WAITING: { about: 'Requests of one server that may wait', usual: String(usualLimits.space.waiting), schema: whole(1, 100_000) },
  SPACE_RATE: { about: 'Requests of one server in a time', usual: rateText(usualLimits.space.rate), schema: rate },
  ALL_WAITING: { about: 'Requests that may wait in all', usual: String(usualLimits.all.waiting), schema: whole(1, 1_000_000) },
  LOG_LEVEL: { about: `How much is logged: ${levels.join(', ')}`, usual: 'info', schema: oneOf(levels) },
  HEALTH_HOST: { about: 'Where /healthz, /readyz and /metrics listen', usual: '127.0.0.1', schema: z.string() },
  HEALTH_PORT: { about: 'Their port; 0 takes any that is free', usual: '8788', schema: port },
} as const satisfies Record<string, Declared>

type Name = keyof typeof declared
type Read = { readonly [N in Name]: z.infer<(typeof declared)[N]['schema']> | undefined }

/** @throws UserError bad-setting naming every setting that is wrong, with what it should be */
export function readConfig(environment: Environment): Config {
  const read = readAll(environment)
  const { HOSTS, ADMIN_TOKEN, REDIS_URL, THREADS, FFMPEG_BIN, CHECKPOINT, MOTION } = read
  if (MOTION !== undefined && CHECKPOINT === undefined) {
    throw new UserError('bad-setting', 'MOTION is set, and CHECKPOINT is not: name the checkpoint that it belongs to.', {
      names: ['MOTION'],
    })
  }
  const secrets = entries(declared).flatMap(([name, one]) => ('secret' in one && environment[name] ? [environment[name]] : []))
  return {
    home: fromHere(read.ZOETROPE_HOME ?? defaultHome),
    page: {
      host: read.HOST!,
      port: read.PORT!,
      hosts: listed(HOSTS),
      secure: read.HTTPS_ONLY!,
      ...(ADMIN_TOKEN !== undefined && { adminToken: ADMIN_TOKEN }),
    },
    ...discordIn(read),
    ...slackIn(read),
    ...(REDIS_URL !== undefined && { redisUrl: REDIS_URL }),
    device: read.DEVICE!,
    ...(THREADS !== undefined && { threads: THREADS }),
    ...(FFMPEG_BIN !== undefined && { ffmpeg: FFMPEG_BIN }),
    ...(CHECKPOINT !== undefined && { checkpoint: fromHere(CHECKPOINT) }),
    ...(MOTION !== undefined && { motion: fromHere(MOTION) }),
    hub: { endpoint: read.HF_ENDPOINT!.replace(/\/+$/, ''), ...(read.HF_TOKEN !== undefined && { token: read.HF_TOKEN }) },
    operators: listed(read.OPERATORS),
    retentionDays: read.RETENTION_DAYS!,
    logLevel: read.LOG_LEVEL!,
    health: { host: read.HEALTH_HOST!, port: read.HEALTH_PORT! },
    limits: {
      person: { waiting: read.PERSON_WAITING!, running: read.PERSON_RUNNING!, rate: read.PERSON_RATE! },
      space: { ...usualLimits.space, waiting: read.SPACE_WAITING!, rate: read.SPACE_RATE! },
      all: { ...usualLimits.all, waiting: read.ALL_WAITING! },
    },
    secrets,
  }
}

/** Every setting, what it is for, and what holds where it is not set. */
export function settingsTable(): string {
  const rows = entries(declared).map(([name, { about, ...rest }]) => [name, 'usual' in rest ? rest.usual : '', about] as const)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map(([name, usual, about]) => `${name.padEnd(widths[0]!)}  ${usual.padEnd(widths[1]!)}  ${about}`).join('\n')
}

function readAll(environment: Environment): Read {
  const wrong: string[] = []
  const names: string[] = []
  const read = entries(declared).map(([name, { schema, ...one }]) => {
    const said = environment[name]?.trim()
    const text = said || ('usual' in one && name !== 'ZOETROPE_HOME' ? one.usual : undefined)
    if (text === undefined) return [name, undefined]
    const { success, data, error } = (schema as z.ZodType).safeParse(text)
    if (success) return [name, data]
    names.push(name)
    wrong.push(`${name} should be ${error.issues[0]!.message}${'secret' in one ? '' : `, and is '${text}'`}`)
    return [name, undefined]
  })
  if (wrong.length > 0) throw new UserError('bad-setting', `${wrong.join('; ')}.`, { names })
  return Object.fromEntries(read) as Read
}

function discordIn({ DISCORD_TOKEN: token }: Read): Pick<Config, 'discord'> {
  if (token === undefined) return {}
  if (/^[\w-]{15,}\.[\w-]+\.[\w-]{20,}$/.test(token)) return { discord: { ready: true, token } }
  const mend = 'DISCORD_TOKEN does not look like a bot token: copy the one under Bot, Reset Token, at discord.com/developers.'
  return { discord: { ready: false, mend } }
}

function slackIn(read: Read): Pick<Config, 'slack'> {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = read
  if (botToken === undefined && appToken === undefined && signingSecret === undefined) return {}
  const off = (mend: string) => ({ slack: { ready: false, mend } as const })
  if (botToken === undefined) return off('SLACK_BOT_TOKEN is missing: it stands under OAuth & Permissions at api.slack.com/apps.')
  if (!botToken.startsWith('xoxb-'))
    return off('SLACK_BOT_TOKEN should begin with xoxb-: copy the Bot User OAuth Token under OAuth & Permissions.')
  if (appToken === undefined && signingSecret === undefined) {
    return off('SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) is missing: both stand under Basic Information.')
  }
  if (appToken !== undefined && !appToken.startsWith('xapp-')) {
    return off('SLACK_APP_TOKEN should begin with xapp-: make one under Basic Information, App-Level Tokens, with connections:write.')
  }
  const more = { ...(appToken !== undefined && { appToken }), ...(signingSecret !== undefined && { signingSecret }) }
  return { slack: { ready: true, botToken, ...more, host: read.SLACK_HOST!, port: read.SLACK_PORT! } }
}

function whole(min: number, max: number) {
  const sentence = `a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, sentence)
    .transform(Number)
    .refine((value) => value >= min && value <= max, sentence)
}

function yesOrNo() {
  return z
    .string()
    .regex(/^(yes|no|true|false|1|0)$/i, 'yes or no')
    .transform((text) => /^(yes|true|1)$/i.test(text))
}

function oneOf<const T extends string>(names: readonly T[]) {
  return z.enum(names as readonly [T, ...T[]], `one of ${names.join(', ')}`)
}

function rateText(limit: Rate | undefined): string {
  return limit ? `${limit.jobs}/${limit.perMs / 60_000}m` : ''
}

function listed(text: string | undefined): string[] {
  return text?.split(',').map((one) => one.trim()) ?? []
}

function fromHere(path: string): string {
  return isAbsolute(path) ? path : resolve(join(defaultHome, '..'), path)
}

function entries<T extends object>(object: T): { [K in keyof T]: [K, T[K]] }[keyof T][] {
  return Object.entries(object) as { [K in keyof T]: [K, T[K]] }[keyof T][]
}
