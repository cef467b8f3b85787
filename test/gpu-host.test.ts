// `npm start` and `npm run gpu-host` as people start them: two processes with a Redis between them, the model that ships.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text as readText } from 'node:stream/consumers'
import { after, afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '../src/media/inspect.ts'
import { startBots, stop, visit } from './started-bot.ts'
import { skipWithoutRedis, startRedis } from './suites/redis-server.ts'

const homes = mkdtempSync(join(tmpdir(), 'zoetrope-hosts-'))
const redisUrl = await startRedis()

const bots = startBots(homes)
const hosts = startBots(homes, join(import.meta.dirname, '../src/gpu-host.ts'))
afterEach(() => {
  bots.kill()
  hosts.kill()
})
after(() => rmSync(homes, { recursive: true, force: true }))

describe('a bot and a GPU host that share nothing but Redis and a key', { skip: skipWithoutRedis, timeout: 300_000 }, () => {
  test('draw what is asked on the page: the bot posts it, the host has made it', async () => {
    const collector = await openCollector()
    const environment = {
      REDIS_URL: redisUrl!,
      HOST_KEY: 'a key of this test alone',
      DEVICE: 'cpu',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.address,
    }
    const asked = await bots.start({ ...environment, ZOETROPE_HOME: join(homes, 'bot') })
    assert.equal((await fetch(`${asked.health}/readyz`)).status, 503, 'no host is there')
    const ann = await visit(asked.page)
    await ann.say('/animate a red ball bouncing in a meadow style:sepia seed:7 steps:4 size:64x64')
    const host = await hosts.start({ ...environment, ZOETROPE_HOME: join(homes, 'host'), HOST_NAME: 'ada' })
    let text = ''
    while (!/"tone":"(done|failed)"/.test(text)) {
      await sleep(200)
      text = JSON.stringify(await ann.messages())
    }
    assert.match(text, /"tone":"done"/)
    const path = /"(\/pictures\/[^"]+)"/.exec(text)?.[1]
    assert.ok(path, text)
    const { settings, frames } = readSettings(await ann.get(path))
    assert.equal(frames, 16)
    assert.equal((settings as { seed: string }).seed, '7')
    assert.match(asked.said(), /^GPU host ada is there, with cpu\.$/m)
    assert.equal((await fetch(`${asked.health}/readyz`)).status, 200)
    assert.equal((await fetch(`${host.health}/readyz`)).status, 200)
    assert.match(
      await (await fetch(`${host.health}/metrics`)).text(),
      /zoetrope_host_runs_total\{device="cpu",outcome="done",host="ada"\} 1/,
    )
    const second = await startAgain({ ...environment, ZOETROPE_HOME: join(homes, 'host'), HOST_NAME: 'bob' })
    assert.match(second, /^Another GPU host has its files in .*host: give each a folder of its own \(ZOETROPE_HOME\)/m)
    assert.ok(!`${asked.logged()}${host.logged()}`.includes('bouncing'), 'what people write is in no log')
    assert.equal(await stop(host), 0)
    while (!/GPU host ada has left/.test(asked.said())) await sleep(20)
    assert.equal((await fetch(`${asked.health}/readyz`)).status, 503)
    assert.equal(await stop(asked), 0)
    collector.close()
    const told = collector.spans.filter(({ name }) => name !== 'warm')
    assert.deepEqual(told.map(({ service, name }) => `${service} ${name}`).sort(), [
      'zoetrope-bot post',
      'zoetrope-bot queue',
      'zoetrope-bot render',
      'zoetrope-bot request',
      'zoetrope-gpu-host render',
    ])
    assert.equal(new Set(told.map(({ traceId }) => traceId)).size, 1)
    const [onBot, onHost] = ['zoetrope-bot', 'zoetrope-gpu-host'].map(
      (name) => told.find((span) => span.service === name && span.name === 'render')!,
    )
    assert.equal(onHost!.parentSpanId, onBot!.spanId)
    assert.ok(!JSON.stringify(told).includes('bouncing'), 'what people write is in no trace')
  })

  test('on one machine share the key that the bot has made and nobody else can read', async () => {
    const environment = { REDIS_URL: redisUrl!, DEVICE: 'cpu', ZOETROPE_HOME: join(homes, 'both') }
    const early = await hosts.start(environment)
    assert.equal(early.process.exitCode, 1)
    assert.match(early.logged(), /^HOST_KEY is not set: give this host what the bot has[^\n]+\n$/)
    const asked = await bots.start(environment)
    assert.equal(statSync(join(homes, 'both', 'host-key')).mode & 0o777, 0o600)
    await hosts.start(environment)
    while (!/^GPU host .* is there, with cpu\.$/m.test(asked.said())) await sleep(20)
  })

  test('say what is missing where they cannot find each other', async () => {
    const alone = await hosts.start({ ZOETROPE_HOME: join(homes, 'alone') })
    assert.equal(alone.process.exitCode, 1)
    assert.equal(alone.logged(), 'A GPU host takes its work from Redis: set REDIS_URL as it is for the bot.\n')
    const away = await bots.start({ ZOETROPE_HOME: join(homes, 'away'), RENDER_POOL: 'hosts' })
    assert.equal(away.process.exitCode, 1)
    assert.equal(away.logged(), 'RENDER_POOL is hosts, and REDIS_URL is not set: GPU hosts take their work from Redis.\n')
  })
})

test('a GPU host takes no arguments, and says where its settings come from', () => {
  const program = join(import.meta.dirname, '../src/gpu-host.ts')
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  const wrong = run('--host-name', 'ada')
  assert.equal(wrong.status, 2)
  assert.match(
    wrong.stderr,
    /^npm run gpu-host takes no '--host-name': settings are read from the environment: HOST_NAME=ada npm run gpu-host\.$/m,
  )
  const help = run('-h')
  assert.equal(help.status, 0)
  assert.match(help.stdout, /^HOST_TAKES +drawings/m)
})

/** @returns what it says of why it does not start */
async function startAgain(environment: NodeJS.ProcessEnv): Promise<string> {
  const program = join(import.meta.dirname, '../src/gpu-host.ts')
  const started = spawn(process.execPath, [program], { env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })
  const [said] = await Promise.all([readText(started.stderr), once(started, 'exit')])
  assert.equal(started.exitCode, 1)
  return said
}

interface CollectedSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

/** Takes traces as a collector does: OTLP over HTTP, in JSON (OpenTelemetry Protocol Specification 1.3). */
async function openCollector() {
  const spans: CollectedSpan[] = []
  const server = createServer((call, answer) => {
    json(call).then(
      (body) => {
        const { resourceSpans } = body as OtlpTraces
        for (const { resource, scopeSpans } of resourceSpans) {
          const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue!
          for (const scope of scopeSpans) for (const span of scope.spans) spans.push({ ...span, service })
        }
        answer.end('{}')
      },
      () => answer.writeHead(400).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { spans, address: `http://127.0.0.1:${port}`, close: () => void server.close() }
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] }
    readonly scopeSpans: readonly { readonly spans: readonly Omit<CollectedSpan, 'service'>[] }[]
  }[]
}
