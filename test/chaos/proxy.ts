// A network between two parts, on loopback: passes bytes on, and can be cut, or fall silent without a word, as networks do.

import { createServer, connect as dial, type Socket } from 'node:net'

export interface Proxy {
  readonly port: number
  /** Ends every connection, and takes no more until it is mended. */
  cut(): void
  /** Connections stay, but nothing comes through any more. */
  mute(): void
  /** What was cut or mute has to be connected anew. */
  mend(): void
  /** Where new connections lead. */
  lead(port: number): void
  close(): Promise<void>
}

/** @param target a port of this machine */
export async function openProxy(target: number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let to = target
  let state: 'open' | 'cut' | 'mute' = 'open'

  const server = createServer((from) => {
    if (state === 'cut') return from.destroy()
    const onward = dial(to, '127.0.0.1')
    const pair = [from, onward] as const
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      from.destroy()
      onward.destroy()
    }
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
    from.pipe(onward)
    onward.pipe(from)
    if (state === 'mute') hush(pair)
    return undefined
  })

  function hush([from, onward]: readonly [Socket, Socket]): void {
    from.unpipe(onward)
    onward.unpipe(from)
    from.pause()
    onward.pause()
  }

  function drop(): void {
    for (const [from, onward] of [...pairs]) {
      from.destroy()
      onward.destroy()
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    cut() {
      state = 'cut'
      drop()
    },
    mute() {
      state = 'mute'
      for (const pair of pairs) hush(pair)
    },
    mend() {
      if (state === 'mute') drop()
      state = 'open'
    },
    lead(port) {
      to = port
    },
    async close() {
      drop()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
