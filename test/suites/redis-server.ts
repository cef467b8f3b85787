// A redis-server of our own for one test file: on a free loopback port, in memory, stopped by its process.
// Where no redis-server is installed (Debian: the package redis-server), those tests are skipped and say so.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { after } from 'node:test'

/** The URL, or undefined where there is no redis-server. */
export async function startRedis(): Promise<string | undefined> {
  return (await startRedisServer())?.url
}

export interface RedisServer {
  readonly url: string
  readonly port: number
  pid(): number
  /** Kills it; what it kept in memory alone is gone. */
  kill(): Promise<void>
  /** On the same port, with what it keeps in its folder. */
  start(): Promise<void>
}

/** @param args besides those that keep everything in memory alone */
export async function startRedisServer(...args: readonly string[]): Promise<RedisServer | undefined> {
  if (!hasRedis()) return undefined
  const server = await redisServer(await freePort(), args)
  after(server.kill)
  return server
}

/** Why a suite that needs it is skipped, as the runner says it. */
export const skipWithoutRedis: string | false = hasRedis() ? false : 'no redis-server on this machine'

function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).error === undefined
}

/** Started. */
export async function redisServer(port: number, args: readonly string[] = []): Promise<RedisServer> {
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    const started = spawn(
      'redis-server',
      ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir(), ...args],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    server = started
    await new Promise<void>((resolve, reject) => {
      let log = ''
      started.stdout.on('data', (chunk: Buffer) => {
        log = (log + chunk).slice(-10_000)
        if (/ready to accept connections/i.test(log)) resolve()
      })
      started.once('exit', () => reject(new Error(`redis-server did not start: ${log}`)))
    })
  }

  async function kill(): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = new Promise((resolve) => server!.once('exit', resolve))
    server.kill('SIGKILL')
    await exited
  }

  await start()
  return { url: `redis://127.0.0.1:${port}`, port, pid: () => server!.pid!, kill, start }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
