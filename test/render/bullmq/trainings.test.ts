// Trainings on GPU hosts over a real Redis: real processes that train the model that ships, for a few steps.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig } from '../../../src/config.ts'
import { SchedulerStops } from '../../../src/jobs/renderer.ts'
import { pocket } from '../../../src/paths.ts'
import type { HostTakes } from '../../../src/render/bullmq/host-takes.ts'
import type { BullmqPool, BullmqPoolOptions } from '../../../src/render/bullmq/pool/pool.ts'
import { keys } from '../../../src/render/bullmq/protocol/keys.ts'
import { createLocalTrainer } from '../../../src/render/training/local-trainer.ts'
import { watchPool } from '../../../src/render/training/pool-activity.ts'
import { chooseTrainer, type TrainingRunnerOptions, type TrainingToRun } from '../../../src/render/training/trainer.ts'
import type { TrainingPlace } from '../../../src/render/training/training-recipe.ts'
import { trainingRecipe } from '../../../src/render/training/training-recipe.ts'
import { createSimulatedPool } from '../../chaos/simulated-pool.ts'
import { lookPictures } from '../../look-pictures.ts'
import { startBots } from '../../started-bot.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { skipWithoutRedis, startRedis } from '../../suites/redis-server.ts'
import { smallRecipe } from '../small-recipe.ts'
import { key, type OpenHost, openHost, openPool, version } from './open-hosts.ts'

const url = await startRedis()
const folder = temporaryFolder()
const steps = 12
const fail = (error: unknown): void => assert.fail(String(error))
const place: TrainingPlace = { device: 'cpu', threads: 1, version }

describe('trainings on GPU hosts', { skip: skipWithoutRedis, timeout: 900_000 }, () => {
  const pictures = join(folder, 'pictures')
  before(async () => {
    mkdirSync(pictures)
    for (const { name, bytes, caption } of await lookPictures('noir', 5, 64)) {
      writeFileSync(join(pictures, name), bytes)
      writeFileSync(join(pictures, name.replace('.png', '.txt')), `noir, ${caption}`)
    }
  })

  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function pool(options: Partial<BullmqPoolOptions> = {}) {
    const opened = await openPool(url!, options)
    closing.push(opened.pool.close)
    return opened
  }

  interface TrainingHost extends OpenHost {
    /** Of processes that train, the last one last. */
    readonly training: readonly number[]
    readonly workFolder: string
  }

  async function host(takes: HostTakes, name: string): Promise<TrainingHost> {
    const training: number[] = []
    const { pool: drawing, activity } = watchPool(createSimulatedPool({ stepMs: 30 }))
    const workFolder = join(folder, name)
    const opened = await openHost(url!, {
      ...{ name, takes, pools: [drawing] },
      trainings: {
        devices: [{ name: 'cpu 0', place, activity }],
        workFolder,
        onStart: (pid) => training.push(pid),
      },
    })
    closing.push(opened.host.close)
    return { ...opened, training, workFolder }
  }

  /** As a job that teaches a style asks for it, with a folder of its own. */
  function training(id: string, more: Partial<TrainingToRun> = {}): TrainingToRun {
    const request = trainingRecipe({ folder: pictures, word: 'noir', base: { checkpoint: pocket, loras: [] } }, steps)
    return { id, request, out: join(mkdtempSync(join(folder, `${id}-`)), 'style.safetensors'), begunBefore: false, ...more }
  }

  interface Watched extends TrainingRunnerOptions {
    /** Steps of what was told, in order. */
    readonly told: number[]
    readonly saved: number[]
    readonly pauses: boolean[]
    readonly abort: AbortController
  }

  function watched(onStep: (step: number, kind: 'step' | 'saved', of: number) => void = () => undefined): Watched {
    const [told, saved, pauses]: [number[], number[], boolean[]] = [[], [], []]
    const abort = new AbortController()
    return {
      ...{ told, saved, pauses, abort, signal: abort.signal },
      onStep({ kind, step, of }) {
        if (kind === 'saved') saved.push(step)
        else told.push(step)
        onStep(step, kind, of)
      },
      onPausing: (pausing) => void (pauses.at(-1) !== pausing && pauses.push(pausing)),
      preview: { drawing: () => false, abandon: () => undefined },
    }
  }

  const untilTrainers = async ({ trainings }: BullmqPool, slots: number) => {
    while (trainings.capacity() !== slots) await sleep(20)
  }

  let here: Promise<Buffer> | undefined
  /** What this machine learns of the same. */
  function learnedHere(): Promise<Buffer> {
    here ??= (async () => {
      const what = training('here')
      await createLocalTrainer({ place, onTrouble: fail }).train(what, watched())
      return readFileSync(what.out)
    })()
    return here
  }

  test('go to a host that is kept for them, which learns what this machine would, while drawings go to another', async () => {
    const { pool: hosts } = await pool()
    const drawings = await host('drawings', 'ada')
    const kept = await host('trainings', 'bob')
    await untilTrainers(hosts, 1)
    while (hosts.capacity() !== 1) await sleep(20)
    const { trainings } = hosts
    const what = training('one')
    const seen = watched()
    const done = trainings.train(what, seen, false).then(() => 'learned')
    while (seen.told.length === 0) await sleep(20)
    const announced = hosts.hosts().flatMap((one) => one.trainings)
    assert.equal((await hosts.render(smallRecipe({ steps: 2 }))).animation.frames, 2)
    assert.equal(await done, 'learned')
    assert.deepEqual(announced, ['one-training.1'])
    assert.deepEqual([drawings.training.length, kept.training.length], [0, 1])
    assert.deepEqual(readFileSync(what.out), await learnedHere())
    assert.ok(seen.saved.length > 0, 'there is something to draw a preview with')
    assert.deepEqual(readdirSync(kept.workFolder), [], 'nothing of it stays on the host')
    assert.deepEqual(seen.pauses, [false])
  })

  test('of a host that stops go on elsewhere from where they were, and are not counted as lost', async () => {
    const { pool: hosts, troubles } = await pool()
    const first = await host('trainings', 'ada')
    await untilTrainers(hosts, 1)
    const what = training('two')
    let stopped: Promise<void> | undefined
    const steps: number[] = []
    const seen = watched((step) => {
      steps.push(step)
      if (step >= 4) stopped ??= first.host.close()
    })
    const done = hosts.trainings.train(what, seen, false)
    while (!stopped) await Promise.race([sleep(20), done])
    await stopped
    const from = steps.length
    await host('trainings', 'bob')
    await done
    const later = steps.slice(from).filter((step) => step > 0)
    assert.ok(later[0]! >= 4, `it went on from ${later[0]}`)
    assert.deepEqual(readFileSync(what.out), await learnedHere(), 'as if it had never stopped')
    assert.ok(!troubles.some((sentence) => /was lost/.test(sentence)), troubles.join('\n'))
  })

  test('of a process that dies go on from what was kept last; twice without a step in between they end with one sentence', async () => {
    const { pool: hosts, troubles } = await pool()
    const one = await host('trainings', 'ada')
    await untilTrainers(hosts, 1)
    const what = training('three')
    const killed = new Set<number>()
    await hosts.trainings.train(
      what,
      watched((step, kind) => {
        // More often than a render is begun: each time something new was kept.
        const pid = one.training.at(-1)!
        // It may have ended while what it has come to was on its way.
        if (kind === 'saved' && step >= 3 && killed.size < 3 && !killed.has(pid) && isKilled(pid)) killed.add(pid)
      }),
      false,
    )
    assert.ok(killed.size > 0)
    assert.deepEqual(readFileSync(what.out), await learnedHere())
    const lost = troubles.filter((sentence) => sentence === 'A training on GPU host ada was lost (SIGKILL); it goes on elsewhere.')
    assert.ok(lost.length > 0 && lost.length <= killed.size, `${lost.length} of ${killed.size}`)

    let begun = one.training.length
    const died = hosts.trainings.train(training('four'), watched(), false)
    for (let n = 1; n <= 2; n++) {
      while (one.training.length === begun) await sleep(10)
      begun = one.training.length
      assert.ok(isKilled(one.training.at(-1)!))
    }
    await assert.rejects(died, {
      code: 'trainer-killed',
      message:
        'Twice in a row this came to nothing; the last time the process that learns was killed, as a system does that runs out of memory.',
    })
  })

  test('that nobody wants any more are killed, and their slot is free', async () => {
    const { pool: hosts, connection } = await pool()
    const one = await host('trainings', 'ada')
    await untilTrainers(hosts, 1)
    const what = training('five')
    const isKept = (sha256: string) => connection.redis.exists(keys.content(sha256))
    let learned = ''
    let kept: Promise<number> | undefined
    const seen = watched((_, kind) => {
      if (kind !== 'saved' || kept) return
      learned = createHash('sha256').update(readFileSync(what.out)).digest('hex')
      kept = isKept(learned)
      seen.abort.abort(new Error('cancelled'))
    })
    await assert.rejects(hosts.trainings.train(what, seen, false), /cancelled/)
    assert.equal(await kept, 1)
    while (await isKept(learned)) await sleep(20)
    while (one.host.runs().length > 0) await sleep(20)
    assert.throws(() => process.kill(one.training[0]!, 0), { code: 'ESRCH' })
    assert.deepEqual(readdirSync(one.workFolder), [])
    const next = watched((step) => step >= 1 && next.abort.abort(new Error('enough')))
    await assert.rejects(hosts.trainings.train(training('six'), next, false), /enough/)
  })

  test('wait while something is drawn on the same device, where a host takes both', async () => {
    const { pool: hosts } = await pool()
    await host('both', 'ada')
    await untilTrainers(hosts, 1)
    const order: string[] = []
    let drawn: Promise<unknown> | undefined
    const seen = watched((step) => {
      if (step >= 2) drawn ??= hosts.render(smallRecipe({ steps: 40 })).then(() => order.push('drawn'))
    })
    await hosts.trainings.train(training('seven'), seen, false)
    order.push('learned')
    await drawn
    assert.deepEqual(order, ['drawn', 'learned'])
    assert.ok(seen.pauses.includes(true), 'it is said')
    assert.equal(seen.pauses.at(-1), false)
  })

  test('go on without the bot, whose next start takes up what has become of them', async () => {
    const { pool: hosts } = await pool()
    await host('trainings', 'ada')
    await untilTrainers(hosts, 1)
    const what = training('eight')
    const seen = watched((step) => step >= 2 && seen.abort.abort(new SchedulerStops()))
    await assert.rejects(hosts.trainings.train(what, seen, false), SchedulerStops)
    await hosts.close()
    const { pool: next } = await pool()
    assert.equal(await next.trainings.isPlaced('eight'), true)
    assert.equal(await next.trainings.isPlaced('nine'), false)
    await next.trainings.train({ ...what, begunBefore: true }, watched(), false)
    assert.deepEqual(readFileSync(what.out), await learnedHere())
  })

  test('are refused, and drawings are, where every host is kept for the other; with a machine of its own the bot trains itself', async () => {
    const { pool: hosts } = await pool({ patienceMs: 300 })
    const what = training('ten')
    await hosts.trainings.check(what.request)
    const drawings = await host('drawings', 'ada')
    while (hosts.capacity() !== 1) await sleep(20)
    assert.equal(hosts.trainings.capacity(), 0)
    const refused = { code: 'no-host-trains', message: 'No GPU host can learn this: one is kept for drawings.' }
    await assert.rejects(hosts.trainings.check(what.request), refused)
    await assert.rejects(hosts.trainings.train(what, watched(), false), refused)
    const local = createLocalTrainer({ place, onTrouble: fail })
    await chooseTrainer({ hosts: hosts.trainings, local }).train(what, watched())
    assert.deepEqual(readFileSync(what.out), await learnedHere())

    await drawings.host.close()
    await host('trainings', 'bob')
    await untilTrainers(hosts, 1)
    assert.equal(hosts.capacity(), 0)
    const kept = {
      code: 'hosts-kept',
      message: 'Every GPU host that is there is kept for trainings: nothing is drawn until another comes.',
    }
    await assert.rejects(hosts.check!(smallRecipe()), kept)
    await assert.rejects(hosts.render(smallRecipe()), kept)
    assert.equal(hosts.trouble(), 'every GPU host is kept for trainings')
  })

  test('of a host that is gone at once go on at another, as people start them', async () => {
    const program = join(import.meta.dirname, '../../../src/gpu-host.ts')
    const started = startBots(folder, program)
    closing.push(async () => started.kill())
    const start = (name: string) =>
      started.start({
        ...{ REDIS_URL: url!, HOST_KEY: key, DEVICE: 'cpu', THREADS: '1', HOST_TAKES: 'trainings', HOST_NAME: name },
        ZOETROPE_HOME: join(folder, `home-${name}`),
      })
    const { default: description } = await import('../../../package.json', { with: { type: 'json' } })
    const { pool: hosts, troubles } = await pool({ version: description.version, heartbeatMs: 500, silentMs: 9000 })
    const first = await start('ada')
    assert.match(first.said(), /^GPU host ada takes trainings with cpu\.$/m)
    await untilTrainers(hosts, 1)
    const what = training('eleven')
    const steps: number[] = []
    let killed = false
    const done = hosts.trainings.train(
      what,
      watched((step, kind, of) => {
        if (of > 0) steps.push(step)
        if (kind === 'saved' && step >= 3 && !killed) killed = first.process.kill('SIGKILL')
      }),
      false,
    )
    while (!killed) await Promise.race([sleep(20), done])
    const from = steps.length
    await start('bob')
    await done
    const later = steps.slice(from)
    assert.ok(later.length > 0 && !later.includes(0), `it went on from ${later[0]}`)
    assert.deepEqual(readFileSync(what.out).length, (await learnedHere()).length)
    assert.ok(
      troubles.some((sentence) => /^A training on GPU host ada was lost \(its host is silent\); it goes on elsewhere\.$/.test(sentence)),
    )
  })
})

/** False where it has ended. */
function isKilled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

test('what a host is kept for is a setting', () => {
  assert.equal(readConfig({}).host.takes, 'drawings')
  assert.equal(readConfig({ HOST_TAKES: 'trainings' }).host.takes, 'trainings')
  assert.throws(() => readConfig({ HOST_TAKES: 'nothing' }), /HOST_TAKES/)
})
