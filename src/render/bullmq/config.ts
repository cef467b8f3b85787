// Environment variables of bot and GPU hosts.

import { hostname } from 'node:os'
import { z } from 'zod'
import { omitUndefined } from '../../omit-undefined.ts'

export interface HostsConfig {
  /** Where both are given, GPU hosts render instead of this machine. */
  readonly hostKey?: string
  readonly host: {
    readonly name: string
    readonly drainMs: number
    readonly cacheBytes: number
  }
  /** As it was written; absent: in Redis. */
  readonly contentStore?: string
  readonly s3Keys?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

const whole = z
  .string()
  .regex(/^\d{1,6}$/, 'a whole number')
  .transform(Number)

export const hostVariables = {
  HOST_KEY: {
    about: 'With REDIS_URL: GPU hosts draw (npm run gpu-host); the same secret for the bot and all of them, such as openssl rand -hex 32',
    secret: true,
    schema: z.string().min(16, 'at least 16 characters'),
  },
  HOST_NAME: { about: 'What a GPU host is called; its machine’s name otherwise', schema: z.string().max(60) },
  CONTENT_STORE: {
    about: 'Where bot and GPU hosts leave files for each other: redis, a folder that all share, s3://bucket/prefix?endpoint=…&region=…',
    usual: 'redis',
    schema: z.string().regex(/^(redis|\/.+|[A-Za-z]:\\.+|s3:\/\/[a-z0-9.-]+.*)$/, 'redis, an absolute path, or s3://bucket'),
  },
  AWS_ACCESS_KEY_ID: { about: 'Of the bucket', secret: true, schema: z.string() },
  AWS_SECRET_ACCESS_KEY: { about: 'Of the bucket', secret: true, schema: z.string() },
  AWS_SESSION_TOKEN: { about: 'Of the bucket, where its keys are temporary', secret: true, schema: z.string() },
  HOST_DRAIN_SECONDS: { about: 'How long a GPU host that stops lets go on what it draws', usual: '60', schema: whole },
  HOST_CACHE_GB: { about: 'Most that a GPU host keeps of files it was sent', usual: '20', schema: whole },
} as const

/** What was read of them. */
export type HostValues = { readonly [N in keyof typeof hostVariables]?: string | number | undefined }

export function hostsConfig(values: HostValues): HostsConfig {
  const { HOST_KEY, HOST_NAME, CONTENT_STORE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = values
  const text = (value: string | number | undefined): string | undefined => (value === undefined ? undefined : String(value))
  const [accessKeyId, secretAccessKey] = [text(AWS_ACCESS_KEY_ID), text(AWS_SECRET_ACCESS_KEY)]
  return {
    host: {
      name: text(HOST_NAME) ?? hostname(),
      drainMs: Number(values.HOST_DRAIN_SECONDS) * 1000,
      cacheBytes: Number(values.HOST_CACHE_GB) * 1e9,
    },
    ...omitUndefined({ hostKey: text(HOST_KEY), contentStore: CONTENT_STORE === 'redis' ? undefined : text(CONTENT_STORE) }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        s3Keys: { accessKeyId, secretAccessKey, ...omitUndefined({ sessionToken: text(AWS_SESSION_TOKEN) }) },
      }),
  }
}
