// Health checks: whether a bot or a GPU host lives, whether it can serve, and what it counts. For machines, on a port of their own.

import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { UserError } from './errors.ts'

export interface HealthOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** What keeps the bot from serving, and of what; none: it is ready. */
  readonly troubles: () => readonly string[]
}

export interface Health {
  readonly address: string
  close(): Promise<void>
}

/** @throws UserError port-taken */
export async function serveHealth({ host, port, metrics, troubles }: HealthOptions): Promise<Health> {
  const app = new Hono()
  app.get('/healthz', (call) => call.text('ok\n'))
  app.get('/readyz', (call) => {
    const found = troubles()
    return found.length === 0 ? call.text('ready\n') : call.text(`${found.join('\n')}\n`, 503)
  })
  app.get('/metrics', async (call) => call.text(await metrics.text(), 200, { 'content-type': metrics.contentType }))

  const server = serve({ fetch: app.fetch, hostname: host, port })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const sentence = `Health and metrics cannot listen on ${host}:${port} (${cause.code}): set HEALTH_PORT to another port.`
      reject(new UserError('port-taken', sentence, { host, port }, { cause }))
    })
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    address: `http://${host}:${taken}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
