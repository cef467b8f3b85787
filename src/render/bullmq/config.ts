// Configuration of GPU hosts: the environment variables of the bot and of its hosts that say how they reach each other.

import { hostname } from 'node:os'
import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, oneOf, whole } from '../../environment.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { ContentStoreChoice } from '../content-store/open-content-store.ts'
import { type HostTakes, hostTakings } from './host-takes.ts'

export interface HostsConfig extends ContentStoreChoice {
  /** auto: GPU hosts where there is a Redis, and this machine otherwise. */
  readonly renderPool: 'auto' | 'local' | 'hosts'
  /** Absent: as the bot has made it in its home. */
  readonly hostKey?: string
  readonly host: {
    readonly name: string
    readonly takes: HostTakes
    readonly drainMs: number
    readonly cacheBytes: number
  }
}

export const hostVariables = {
  RENDER_POOL: {
    about: 'Who draws: hosts (npm run gpu-host, through REDIS_URL), local (this machine); auto is hosts where REDIS_URL is set',
    usual: 'auto',
    schema: oneOf(['auto', 'local', 'hosts']),
  },
  HOST_KEY: {
    about: 'With which bot and GPU hosts sign what they say to each other; made and kept in the folder of the bot otherwise',
    secret: true,
    schema: z.string().min(16, 'at least 16 characters'),
  },
  HOST_NAME: { about: 'What a GPU host is called; its machine’s name otherwise', schema: z.string().max(60) },
  HOST_TAKES: {
    about: 'What a GPU host is kept for: drawings, trainings of styles (/styles train), or both, where a training waits while it draws',
    usual: 'drawings',
    schema: oneOf(hostTakings),
  },
  CONTENT_STORE: {
    about: 'Where bot and GPU hosts leave files for each other: redis, a folder that all share, s3://bucket/prefix?endpoint=…&region=…',
    usual: 'redis',
    schema: z.string().regex(/^(redis|\/.+|[A-Za-z]:\\.+|s3:\/\/[a-z0-9.-]+.*)$/, 'redis, an absolute path, or s3://bucket'),
  },
  AWS_ACCESS_KEY_ID: { about: 'Of the bucket', secret: true, schema: z.string() },
  AWS_SECRET_ACCESS_KEY: { about: 'Of the bucket', secret: true, schema: z.string() },
  AWS_SESSION_TOKEN: { about: 'Of the bucket, where its keys are temporary', secret: true, schema: z.string() },
  HOST_DRAIN_SECONDS: { about: 'How long a GPU host that stops lets go on what it draws', usual: '60', schema: whole(0, 86_400) },
  HOST_CACHE_GB: { about: 'Most that a GPU host keeps of files it was sent', usual: '20', schema: whole(1, 100_000) },
} as const satisfies EnvironmentVariables

export function hostsConfig(values: EnvironmentValues<typeof hostVariables>): HostsConfig {
  const { CONTENT_STORE, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = values
  return {
    renderPool: values.RENDER_POOL,
    host: {
      name: values.HOST_NAME ?? hostname(),
      takes: values.HOST_TAKES,
      drainMs: values.HOST_DRAIN_SECONDS * 1000,
      cacheBytes: values.HOST_CACHE_GB * 1e9,
    },
    ...omitUndefined({ hostKey: values.HOST_KEY, contentStore: CONTENT_STORE === 'redis' ? undefined : CONTENT_STORE }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { s3Keys: { accessKeyId, secretAccessKey, ...omitUndefined({ sessionToken }) } }),
  }
}
