// What somebody can do who reaches Redis and has no key: make nothing be rendered, read, fetched or posted, and end nothing well or badly
// that would be believed.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { channels, keys } from '../../../src/render/bullmq/protocol/keys.ts'
import { connectRedis, type RedisConnection } from '../../../src/render/bullmq/protocol/redis-connection.ts'
import { createSignature } from '../../../src/render/bullmq/protocol/signature.ts'
import type { Recipe } from '../../../src/render/recipe.ts'
import { createSimulatedPool } from '../../chaos/simulated-pool.ts'
import { skipWithoutRedis, startRedis } from '../../suites/redis-server.ts'
import { smallRecipe } from '../small-recipe.ts'
import { announcementOf } from './announcement.ts'
import { key, openHost, openPool, version } from './open-hosts.ts'
import { untilCapacity } from './until-capacity.ts'

const url = await startRedis()
const strange = createSignature({ key: 'another key than theirs', nowMs: Date.now })

describe('a stranger', { skip: skipWithoutRedis, timeout: 120_000 }, async () => {
  let connection: RedisConnection
  if (url !== undefined) connection = await connectRedis({ url, name: 'stranger', onError: () => undefined })
  after(() => connection?.close())
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function open({ stepMs = 20 } = {}) {
    const opened = await openPool(url!)
    closing.push(opened.pool.close)
    const drawn: Recipe[] = []
    const steps: number[] = []
    const one = await openHost(url!, {
      pools: [createSimulatedPool({ stepMs, onBegin: (recipe) => drawn.push(recipe), onStep: (_, step) => steps.push(step) })],
    })
    closing.push(one.host.close)
    await untilCapacity(opened.pool, 1)
    const queue = new Queue(one.host.id, { connection: connection.redis, prefix: keys.queues })
    closing.push(() => queue.close())
    return { ...one, ...opened, drawn, steps, queue }
  }

  test('can give a host no order: neither of their own, nor one that was meant for another host or job, nor an old one', async () => {
    const { host, queue, drawn, pool } = await open()
    const orderFor = (run: string) => ({
      run,
      host: host.id,
      kind: 'render',
      recipe: { ...smallRecipe(), model: { checkpoint: { name: '/etc', sha256: '0'.repeat(64), bytes: 1 }, loras: [] } },
    })
    for (const dataOf of [
      (run: string) => strange.sign('order', orderFor(run), 60_000),
      orderFor,
      () => 'nonsense',
      () => null,
      () => 'x'.repeat(3e6),
    ]) {
      const jobId = `x${randomBytes(4).toString('hex')}.1`
      const job = await queue.add('run', dataOf(jobId), { jobId })
      while (!(await job.isFailed())) await sleep(20)
      assert.match((await queue.getJob(jobId))!.failedReason, /not authentic/)
    }
    // A true one, seen on its way.
    const rendered = pool.render(smallRecipe({ steps: 20 }))
    while (drawn.length === 0) await sleep(10)
    const [active] = await queue.getActive()
    for (const jobId of ['y1.1', 'y2.1']) await queue.add('run', active!.data, { jobId })
    await rendered
    for (const jobId of ['y1.1', 'y2.1']) {
      while (!(await (await queue.getJob(jobId))!.isFailed())) await sleep(20)
      assert.match((await queue.getJob(jobId))!.failedReason, /not for this host/)
    }
    // On a busy machine a host may be silent for so long that the bot asks again, so they are told by what was drawn.
    const ours = drawn.length
    assert.ok(drawn.every(({ request }) => request.steps === 20))
    await pool.render(smallRecipe())
    assert.ok(drawn.length > ours)
  })

  test('can announce no host, and send none of the true ones away', async () => {
    const { pool, troubles, host } = await open()
    const announcement = announcementOf({ host: 'strange-1', name: 'strange', version })
    for (const body of [announcement, { ...announcement, host: host.id, seq: 1e9, state: 'left' }]) {
      const text = strange.sign('announcement', body, 60_000)
      await connection.redis.hset(keys.hosts, body.host, text)
      for (const said of [text, JSON.stringify(body), '', 'progress ', `progress ${text}`])
        await connection.redis.publish(channels.bots, said)
    }
    await sleep(800)
    assert.equal(pool.capacity(), 1)
    assert.equal(pool.hosts()[0]!.host, host.id)
    assert.equal(troubles.filter((sentence) => /signed with another key/.test(sentence)).length, 1)
    // With the key it is a host: nothing else was wrong with it.
    await connection.redis.publish(channels.bots, createSignature({ key, nowMs: Date.now }).sign('announcement', announcement, 60_000))
    await untilCapacity(pool, 2)
  })

  test('can end no render: a false result is no result, and the render is made once more at most', async () => {
    const { pool, queue, drawn } = await open({ stepMs: 100 })
    const bytes = randomBytes(1000)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const rendered = pool.render(smallRecipe({ steps: 10 }))
    while (drawn.length === 0) await sleep(10)
    const [job] = await queue.getActive()
    const outcome = {
      kind: 'done',
      run: job!.id,
      notes: [],
      stepMs: [],
      renderMs: 1,
      device: 'x',
      animation: { sha256, bytes: bytes.length, format: 'webp', width: 1, height: 1, frames: 1, fps: 1 },
    }
    const said = { returnvalue: JSON.stringify(strange.sign('outcome', outcome, 60_000)), finishedOn: String(Date.now()) }
    const saying = setInterval(() => void connection.redis.hset(`${keys.queues}:${queue.name}:${job!.id}`, said), 5)
    const { animation } = await rendered.finally(() => clearInterval(saying))
    assert.notDeepEqual(Buffer.from(animation.bytes), bytes)
    assert.ok(drawn.length <= 2)
  })

  test('can stop, drain and resume nothing, also not with what was said before', async () => {
    const { pool, host, steps } = await open({ stepMs: 50 })
    const told: string[] = []
    await connection.subscribe(channels.host(host.id), (text) => told.push(text))
    await pool.drain(host.id, true)
    await pool.drain(host.id, false)
    while (told.length < 2) await sleep(10)
    const rendered = pool.render(smallRecipe({ steps: 10 }))
    while (steps.length === 0) await sleep(10)
    const [run] = host.runs()
    const commands = [
      { do: 'cancel', host: host.id, run },
      { do: 'drain', host: host.id },
    ].map((body) => strange.sign('command', body, 60_000))
    for (const text of [...commands, ...told, 'nonsense']) await connection.redis.publish(channels.host(host.id), text)
    assert.equal((await rendered).animation.frames, 2)
    assert.deepEqual([host.state(), steps.length], ['up', 10])
  })

  test('finds nothing secret in Redis', async () => {
    const { pool } = await open()
    await pool.render(smallRecipe(), { id: 'looked-at' })
    const all: string[] = []
    for (const name of await connection.redis.keys('*')) {
      const type = await connection.redis.type(name)
      if (type === 'string') all.push((await connection.redis.get(name))!)
      else if (type === 'hash') all.push(...Object.values(await connection.redis.hgetall(name)))
    }
    assert.ok(all.length > 3)
    const text = all.join('\n')
    for (const secret of [key, process.cwd(), import.meta.dirname]) assert.ok(!text.includes(secret), secret)
  })
})
