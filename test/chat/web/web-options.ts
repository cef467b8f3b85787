// Options of a test's page: a free port, a conversation in memory, empty views.

import { commands } from '../../../commands/index.ts'
import type { Receiver } from '../../../src/chat/contract/platform.ts'
import { createWeb, type PageViews, type Web, type WebOptions } from '../../../src/chat/web/index.ts'

export const emptyViews: PageViews = {
  queue: async () => [],
  gpuHosts: () => [],
  recent: async () => ({ entries: [], total: 0 }),
  animation: async () => undefined,
  styles: async () => [],
  example: async () => undefined,
}

export function webOptions(options: Partial<WebOptions> = {}): WebOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    file: ':memory:',
    uploads: '/nonexistent/uploads',
    commands,
    views: emptyViews,
    retentionDays: 30,
    callsPerMinute: 1_000_000,
    broken(error) {
      throw error
    },
    ...options,
  }
}

export const silent: Receiver = { receive: async () => {}, complete: async () => [] }

/** A page for one test; stopped when it is over. */
export async function serving<T>(
  options: Partial<WebOptions>,
  receiver: Receiver,
  use: (origin: string, web: Web) => Promise<T>,
): Promise<T> {
  const web = createWeb(webOptions(options))
  try {
    return await use(await web.start(receiver), web)
  } finally {
    await web.stop()
  }
}
