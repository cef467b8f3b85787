// The pool of GPU hosts over a real Redis: what every pool keeps, and what only this one does.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../../../src/errors.ts'
import type { RenderProgress } from '../../../../src/jobs/renderer.ts'
import { keys } from '../../../../src/render/bullmq/protocol/keys.ts'
import { createFileContents } from '../../../../src/render/file-contents.ts'
import { withLoadingProgress } from '../../../../src/render/loading-progress.ts'
import type { RenderPool } from '../../../../src/render/pool.ts'
import type { Recipe } from '../../../../src/render/recipe.ts'
import { createSimulatedPool, type SimulatedPoolOptions } from '../../../chaos/simulated-pool.ts'
import { temporaryFolder } from '../../../store/folder.ts'
import { skipWithoutRedis, startRedis } from '../../../suites/redis-server.ts'
import { testRenderPool } from '../../../suites/render-pool.ts'
import { smallRecipe } from '../../small-recipe.ts'
import { type HostChanges, type OpenHost, openHost, openPool } from '../open-hosts.ts'
import { untilCapacity } from '../until-capacity.ts'

const url = await startRedis()
const folder = temporaryFolder()

if (url !== undefined) {
  testRenderPool(
    'the pool of GPU hosts',
    async () => {
      const { pool } = await openPool(url)
      const { host, pids } = await openHost(url)
      await untilCapacity(pool, 1)
      let second: OpenHost | undefined
      return {
        pool,
        kill: () => process.kill(pids.at(-1)!, 'SIGKILL'),
        async resize(slots) {
          if (slots === 0) host.drain()
          else host.resume()
          if (slots === 2) second = await openHost(url)
          else await second?.host.close()
          await untilCapacity(pool, slots)
        },
        async dispose() {
          await Promise.all([host.close(), second?.host.close()])
        },
      }
    },
    { resizes: true },
  )
} else describe('the pool of GPU hosts', { skip: skipWithoutRedis })

describe('GPU hosts', { skip: skipWithoutRedis, timeout: 300_000 }, () => {
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function pool() {
    const opened = await openPool(url!)
    closing.push(opened.pool.close)
    return opened
  }

  async function host({ simulated, ...changes }: HostChanges & { readonly simulated?: Partial<SimulatedPoolOptions> } = {}) {
    const drawn: Recipe[] = []
    const simulate = () => createSimulatedPool({ stepMs: 20, onBegin: (recipe) => drawn.push(recipe), ...simulated })
    const opened = await openHost(url!, { pools: [simulate()], ...changes })
    closing.push(opened.host.close)
    return { ...opened, drawn }
  }

  test('tell of every run that had a device what became of it, also where that was nothing', async () => {
    const { pool: hosts } = await pool()
    const outcomes: string[] = []
    const breaks = ({ request: { seed } }: Recipe) => {
      if (seed === '1') throw new UserError('too-large', 'It is too large.', {})
      if (seed === '2') throw new Error('a bug')
    }
    await host({
      simulated: { stepMs: 100, onStep: breaks },
      onEvent: (event) => event.kind === 'ended' && outcomes.push(event.outcome.kind),
    })
    await untilCapacity(hosts, 1)
    await hosts.render(smallRecipe())
    await assert.rejects(hosts.render(smallRecipe({ seed: '1' })), { code: 'too-large' })
    await assert.rejects(hosts.render(smallRecipe({ seed: '2' })), /a bug/)
    const abort = new AbortController()
    const stopped = hosts.render(smallRecipe({ steps: 50 }), {
      signal: abort.signal,
      onProgress: ({ step }) => step === 2 && abort.abort(),
    })
    await assert.rejects(stopped)
    while (outcomes.length < 4) await sleep(20)
    assert.deepEqual(outcomes, ['done', 'failed', 'failed', 'stopped'])
  })

  test('keep nothing of an animation that another goes on from', async () => {
    const { pool: hosts } = await pool()
    const earlier = { blob: 'ball.webp', frames: 2, as: 'beginning' } as const
    const path = join(folder, 'ball.webp')
    writeFileSync(path, 'an animation that somebody has posted')
    const { drawn, sent } = await host()
    await untilCapacity(hosts, 1)
    await hosts.render({ ...smallRecipe({ frames: 3, earlier }), earlier: path })
    assert.equal(dirname(dirname(drawn[0]!.earlier!)), sent)
    assert.deepEqual(readdirSync(sent), ['.partial'])
  })

  test('are behind a Redis that keeps what it is given: where it may not, the operator is told', async () => {
    const { connection, troubles, pool: hosts } = await pool()
    assert.deepEqual(troubles, [])
    await connection.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const { troubles: told } = await pool()
    while (told.length === 0) await sleep(20)
    await connection.redis.config('SET', 'maxmemory-policy', 'noeviction')
    assert.deepEqual(told, ['Redis may throw away what waits (its maxmemory-policy is allkeys-lru): set it to noeviction.'])
    assert.equal(hosts.capacity(), 0)
  })

  test('share out what is handed in, as many at once as they have devices', async () => {
    const { pool: hosts } = await pool()
    const [one, two] = [await host({ pools: [0, 1].map(() => createSimulatedPool({ stepMs: 50 })) }), await host()]
    await untilCapacity(hosts, 3)
    let now = 0
    let most = 0
    const draw = async (n: number) => {
      let counted = false
      await hosts.render(smallRecipe({ seed: String(n), steps: 6 }), {
        onProgress({ stage, step }) {
          if (!counted) most = Math.max(most, ++now)
          counted = true
          if (stage === 'encoding' && step > 0) now--
        },
      })
    }
    await Promise.all(Array.from({ length: 9 }, (_, n) => draw(n)))
    assert.equal(most, 3)
    assert.ok(two.drawn.length >= 2, `${two.drawn.length} of 9`)
    assert.equal(one.host.runs().length, 0)
  })

  test('never have more jobs in BullMQ than free slots, however many are handed in', async () => {
    const { pool: hosts, connection } = await pool()
    const { host: own } = await host({ simulated: { stepMs: 50 } })
    await untilCapacity(hosts, 1)
    const drawn = Promise.all(Array.from({ length: 5 }, (_, n) => hosts.render(smallRecipe({ seed: String(n) }))))
    let most = 0
    let done = false
    void drawn.then(() => {
      done = true
    })
    while (!done) {
      const queue = `zoetrope:queue:${own.id}`
      const [waiting, active] = await Promise.all([connection.redis.llen(`${queue}:wait`), connection.redis.llen(`${queue}:active`)])
      most = Math.max(most, waiting + active)
      await sleep(5)
    }
    assert.equal(most, 1)
  })

  test('of another version are told apart and left out', async () => {
    const { pool: hosts, troubles } = await pool()
    const other = await host({ version: '1.2.4', name: 'newer' })
    await host({ name: 'same' })
    await untilCapacity(hosts, 1)
    await hosts.render(smallRecipe())
    assert.deepEqual(other.drawn, [])
    const sentence = 'GPU host newer has version 1.2.4 and the bot 1.2.3: it is left out until both are the same.'
    assert.deepEqual(
      troubles.filter((trouble) => /version/.test(trouble)),
      [sentence],
    )
  })

  test('get what they have loaded, where they are free', async () => {
    const { pool: hosts } = await pool()
    const [one, two] = [await host({ name: 'one' }), await host({ name: 'two' })]
    await untilCapacity(hosts, 2)
    const style = (strength: number) => {
      const small = smallRecipe()
      return { ...small, model: { ...small.model, loras: [{ file: styleFile(), strength }] } }
    }
    await Promise.all([hosts.render(style(1)), hosts.render(style(2))])
    await sleep(300)
    for (let n = 0; n < 3; n++) {
      await hosts.render(style(2))
      await sleep(150)
      await hosts.render(style(1))
      await sleep(150)
    }
    for (const { drawn } of [one, two]) assert.equal(new Set(drawn.map(({ model }) => model.loras[0]!.strength)).size, 1)
  })

  test('are sent the files that they lack, and nothing that they have', async () => {
    const { pool: hosts, connection } = await pool()
    const { drawn } = await host()
    await untilCapacity(hosts, 1)
    const small = smallRecipe()
    await hosts.render({ ...small, model: { ...small.model, loras: [{ file: styleFile(), strength: 1 }] } })
    assert.notEqual(drawn[0]!.model.loras[0]!.file, styleFile())
    assert.equal(drawn[0]!.model.checkpoint, small.model.checkpoint)
    const contents = createFileContents()
    const [style, model] = [await contents.of(styleFile()), await contents.of(small.model.checkpoint)]
    assert.equal(await connection.redis.exists(keys.content(style.sha256)), 1)
    assert.ok(model.files!.length > 5)
    for (const { sha256 } of model.files!) assert.equal(await connection.redis.exists(keys.content(sha256)), 0)
  })

  test('that cannot hold what is asked are no reason to queue it: it is refused with the reason', async () => {
    const { pool: hosts } = await pool()
    const large = join(folder, 'large.safetensors')
    writeFileSync(large, '')
    truncateSync(large, 300e6)
    const recipe = { ...smallRecipe(), model: { checkpoint: large, loras: [] } }
    // While no host is there, nobody knows.
    await hosts.check!(recipe)
    const { host: own } = await host()
    await untilCapacity(hosts, 1)
    await assert.rejects(hosts.check!(recipe), (error: unknown) => {
      assert.ok(error instanceof UserError)
      assert.equal(error.code, 'no-host-holds')
      assert.equal(error.message, 'No GPU host can draw this: one lacks a file of 0.30 GB that must be installed there.')
      return true
    })
    await hosts.check!(smallRecipe())
    assert.deepEqual([await hosts.able(recipe), (await hosts.able(smallRecipe())).map(({ host }) => host)], [[], [own.id]])
    await own.close()
    const { host: other } = await host({ places: [large] })
    await untilCapacity(hosts, 1)
    await hosts.check!(recipe)
    assert.deepEqual(
      (await hosts.able(recipe)).map(({ host }) => host),
      [other.id],
    )
  })

  test('can be drained and resumed by an admin, and say so', async () => {
    const { pool: hosts } = await pool()
    const { host: own } = await host()
    await untilCapacity(hosts, 1)
    assert.equal(await hosts.drain(own.id, true), true)
    assert.equal(hosts.capacity(), 0)
    while (own.state() !== 'draining') await sleep(10)
    const waits = hosts.render(smallRecipe())
    await sleep(300)
    assert.deepEqual(own.runs(), [])
    await hosts.drain(own.id, false)
    await waits
    assert.equal(own.state(), 'up')
    assert.equal(await hosts.drain('nobody', true), false)
  })

  test('show how far they are; a preview that would wait for another is left out, a step never', async () => {
    const { pool: hosts } = await pool()
    const { connection } = await host({ simulated: { stepMs: 1 } })
    await untilCapacity(hosts, 1)
    // As on a slow network: one preview is under way all the time.
    const publish = connection.redis.publish.bind(connection.redis)
    connection.redis.publish = (async (channel: string, text: string) => {
      if (text.includes('"preview"')) await sleep(2000)
      return publish(channel, text)
    }) as typeof connection.redis.publish
    const seen: RenderProgress[] = []
    await hosts.render(smallRecipe({ steps: 30 }), { previewEveryMs: 0, onProgress: (progress) => seen.push(progress) })
    const steps = seen.filter(({ stage }) => stage === 'denoising').map(({ step }) => step)
    assert.deepEqual(
      steps,
      Array.from({ length: 29 }, (_, n) => n + 2),
      'all but the one whose preview was held up',
    )
    assert.ok(seen.every(({ preview }) => preview === undefined))
  })

  test('name no folder of theirs to people', async () => {
    const { pool: hosts } = await pool()
    await host({
      folders: ['/srv/host'],
      simulated: {
        onStep({ model }) {
          throw new UserError('bad-file', `${model.loras[0]!.file} and /srv/host/secret are damaged.`, { path: model.loras[0]!.file })
        },
      },
    })
    await untilCapacity(hosts, 1)
    const small = smallRecipe()
    await assert.rejects(hosts.render({ ...small, model: { ...small.model, loras: [{ file: styleFile(), strength: 1 }] } }), {
      message: 'style.safetensors and …/secret are damaged.',
      data: { path: 'style.safetensors' },
    })
  })

  test('how far loading is, is told from the host, by how long it took there before; it keeps no hung one alive', async () => {
    const times = { file: join(folder, 'load-times.json'), now: () => performance.now() }
    const slow = (loadMs: number): RenderPool => {
      const simulated = createSimulatedPool({ stepMs: 100 })
      const render: RenderPool['render'] = async (recipe, options = {}) => {
        const { onProgress = () => undefined, signal } = options
        onProgress({ stage: 'loading', step: 0, of: 0 })
        await sleep(loadMs, undefined, signal && { signal })
        return simulated.render(recipe, { ...options, onProgress: (progress) => progress.stage !== 'loading' && onProgress(progress) })
      }
      return withLoadingProgress({ ...simulated, render }, times)
    }
    const watchdog = { factor: 3, leastMs: 1000, unmeasuredMs: 4000 }
    const hung = new AbortController()
    const opened = await openPool(url!, { watchdog, onEvent: (event) => event.kind === 'lost' && hung.abort(event.of) })
    closing.push(opened.pool.close)
    const told = async (loadMs: number): Promise<readonly RenderProgress[]> => {
      const all: RenderProgress[] = []
      const { host } = await openHost(url!, { pools: [slow(loadMs)], drainMs: 0 })
      try {
        await untilCapacity(opened.pool, 1)
        await opened.pool.render(smallRecipe(), { signal: hung.signal, onProgress: (progress) => void all.push(progress) })
      } finally {
        await host.close()
      }
      return all.filter(({ loading }) => loading !== undefined)
    }
    assert.deepEqual(await told(1500), [], 'nothing is known of it yet')
    const shown = await told(1500)
    assert.ok(shown.length >= 2, `${shown.length} told`)
    assert.ok(shown.every(({ stage, loading }) => stage === 'loading' && loading!.share <= 0.95 && loading!.leftMs < 5000))
    assert.ok(shown.at(-1)!.loading!.share > shown[0]!.loading!.share)
    await assert.rejects(told(60_000))
    assert.equal(hung.signal.reason, 'hung')
  })
})

function styleFile(): string {
  const path = join(folder, 'style.safetensors')
  writeFileSync(path, bytes)
  return path
}
const bytes = randomBytes(5000)
