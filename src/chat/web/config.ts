// Configuration of the page: the environment variables that say where it listens, under which names, and who is its admin.

import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, listed, port, yesOrNo } from '../../environment.ts'
import { omitUndefined } from '../../omit-undefined.ts'

export interface PageConfig {
  readonly host: string
  readonly port: number
  readonly hosts: readonly string[]
  readonly secure: boolean
  readonly trustProxy: boolean
  readonly adminToken?: string
}

export const pageVariables = {
  HOST: { about: 'Where the page listens; anything but loopback shows it to others', usual: '127.0.0.1', schema: z.string() },
  PORT: { about: 'Port of the page; 0 takes any that is free', usual: '8787', schema: port },
  HOSTS: { about: 'Names under which the page may be reached, with commas between', schema: z.string() },
  HTTPS_ONLY: { about: 'yes where the page stands behind HTTPS', usual: 'no', schema: yesOrNo() },
  TRUST_PROXY: {
    about: 'yes where a reverse proxy in front of the page sets X-Forwarded-For: limits then tell guests apart by it',
    usual: 'no',
    schema: yesOrNo(),
  },
  ADMIN_TOKEN: {
    about: 'Who gives this on the page is its admin; made and kept in the folder otherwise',
    secret: true,
    schema: z.string().min(8, 'at least 8 characters'),
  },
} as const satisfies EnvironmentVariables

export function pageConfig(values: EnvironmentValues<typeof pageVariables>): PageConfig {
  const { HOST: host, PORT: port, HOSTS, HTTPS_ONLY: secure, TRUST_PROXY: trustProxy, ADMIN_TOKEN: adminToken } = values
  return { host, port, hosts: listed(HOSTS), secure, trustProxy, ...omitUndefined({ adminToken }) }
}
