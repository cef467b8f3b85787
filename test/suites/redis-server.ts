// A redis-server of our own for one test file: on a free loopback port, in memory, stopped by its process.
// Where no redis-server is installed (Debian: the package redis-server), those tests are skipped and say so.

import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { after } from 'node:test'

/** The URL, or undefined where there is no redis-server. */
export async function startRedis(): Promise<string | undefined> {
  if (spawnSync('redis-server', ['--version']).error) {
    console.log('skipped: no redis-server on this machine; the tests against Redis did not run')
    return undefined
  }
  const port = await freePort()
  const server = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => server.once('exit', resolve))
  after(async () => {
    server.kill()
    await exited
  })
  await new Promise<void>((resolve, reject) => {
    let log = ''
    server.stdout.on('data', (chunk: Buffer) => {
      log += chunk
      if (/ready to accept connections/i.test(log)) resolve()
    })
    server.once('exit', () => reject(new Error(`redis-server did not start: ${log}`)))
  })
  return `redis://127.0.0.1:${port}`
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
