// Configuration of the page: the environment variables that say where it listens, under which names, and who is its admin.

import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, listed, port, whole, yesOrNo } from '../../environment.ts'
import { omitUndefined } from '../../omit-undefined.ts'

export interface PageConfig {
  readonly host: string
  readonly port: number
  readonly hosts: readonly string[]
  readonly secure: boolean
  readonly trustProxy: boolean
  /** Others than this machine's own people reach it. */
  readonly exposed: boolean
  /** Of one guest, and of all together, where it is exposed. */
  readonly keptBytes: { readonly guest: number; readonly all: number }
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
  GUEST_MEGABYTES: {
    about: 'Animations that are kept of one guest of a page that others reach; then the oldest go',
    usual: '500',
    schema: whole(1, 1_000_000),
  },
  PAGE_GIGABYTES: { about: 'The same of all its guests together', usual: '20', schema: whole(1, 100_000) },
  ADMIN_TOKEN: {
    about: 'Who gives this on the page is its admin; made and kept in the folder otherwise',
    secret: true,
    schema: z.string().min(8, 'at least 8 characters'),
  },
} as const satisfies EnvironmentVariables

export function pageConfig(values: EnvironmentValues<typeof pageVariables>): PageConfig {
  const { HOST: host, PORT: port, HOSTS, HTTPS_ONLY: secure, TRUST_PROXY: trustProxy, ADMIN_TOKEN: adminToken } = values
  const hosts = listed(HOSTS)
  const exposed = hosts.length > 0 || !isLoopbackHost(host)
  const keptBytes = { guest: values.GUEST_MEGABYTES * 1e6, all: values.PAGE_GIGABYTES * 1e9 }
  return { host, port, hosts, secure, trustProxy, exposed, keptBytes, ...omitUndefined({ adminToken }) }
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]'
}
