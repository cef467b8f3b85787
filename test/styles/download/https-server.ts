// An HTTPS server on this machine that stands for the rest of the world: it answers for any host, with what each path is asked to do.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createDownload, type DownloadOptions } from '../../../src/styles/download/download.ts'
import { whyPrivate } from '../../../src/styles/download/vet-address.ts'
import { selfSigned } from './certificate.ts'

export interface HttpsTestServer {
  readonly calls: { readonly host: string; readonly path: string; readonly headers: IncomingMessage['headers'] }[]
  /** A download to which every host is this server. */
  download(options?: DownloadOptions): ReturnType<typeof createDownload>
  /** Where connections go that are let through. */
  readonly reach: NonNullable<DownloadOptions['reach']>
  close(): Promise<void>
}

const hosts = ['huggingface.co', 'civitai.com', 'cdn.discordapp.com', 'us.aws.cdn.hf.co', 'github.com']

export async function startHttpsServer(
  answer: (path: string, response: ServerResponse, call: IncomingMessage) => void,
): Promise<HttpsTestServer> {
  const { key, cert } = selfSigned(hosts)
  const calls: HttpsTestServer['calls'] = []
  const server = createServer({ key, cert }, (call, response) => {
    calls.push({ host: call.headers.host ?? '', path: call.url ?? '', headers: call.headers })
    answer(call.url ?? '', response, call)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const reach = { port: (server.address() as AddressInfo).port, ca: cert }
  return {
    calls,
    reach,
    download: (options) =>
      createDownload({
        reach,
        resolve: async () => ['127.0.0.1'],
        refuse: (address) => (address === '127.0.0.1' ? undefined : whyPrivate(address)),
        ...options,
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
