// A pool of several devices: of one it keeps what every pool keeps, of two it renders two at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDevicePool } from '../../../src/render/local/device-pool.ts'
import { createLocalPool } from '../../../src/render/local/local-pool.ts'
import { openDevices, poolOfDevices } from '../../../src/render/local/open-devices.ts'
import { createSimulatedPool } from '../../chaos/simulated-pool.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { testRenderPool } from '../../suites/render-pool.ts'
import { smallRecipe } from '../small-recipe.ts'

const cacheDir = temporaryFolder()

testRenderPool(
  'a pool of devices',
  () => {
    const pids: number[] = []
    const pool = createDevicePool([{ name: 'cpu', pool: createLocalPool({ device: 'cpu', cacheDir, onStart: (pid) => pids.push(pid) }) }])
    return { pool, kill: () => process.kill(pids.at(-1)!, 'SIGKILL'), dispose: () => undefined }
  },
  { resizes: false },
)

test('two devices of one machine are two processes that render at once', async () => {
  const pids: number[] = []
  const pool = poolOfDevices(
    openDevices({ devices: [{ device: 'cpu' }, { device: 'cpu' }], environment: {}, cacheDir, onStart: (pid) => pids.push(pid) }),
  )
  assert.equal(pool.capacity(), 2)
  const under = new Set<number>()
  let most = 0
  const draw = (n: number) =>
    pool.render(smallRecipe({ seed: String(n), steps: 30 }), {
      onProgress({ stage }) {
        if (stage === 'denoising') under.add(n)
        if (stage === 'decoding') under.delete(n)
        most = Math.max(most, under.size)
      },
    })
  await Promise.all([draw(1), draw(2)])
  assert.equal(most, 2)
  assert.equal(new Set(pids).size, 2)
  assert.equal((await pool.device()).name, 'cpu, cpu')
  await pool.close()
})

test('a device that has the model goes before one that has not, and whoever came first is served first', async () => {
  const drawn: string[] = []
  const device = (name: string) => ({
    name,
    pool: createSimulatedPool({ stepMs: 5, onBegin: ({ prompt }) => drawn.push(`${name} ${prompt}`) }),
  })
  const pool = createDevicePool([device('one'), device('two')])
  const recipe = (style: string, prompt: string) => ({ ...smallRecipe({ prompt }), model: { checkpoint: style, loras: [] } })
  await Promise.all([pool.render(recipe('a', 'first')), pool.render(recipe('b', 'second'))])
  await pool.render(recipe('b', 'third'))
  await pool.render(recipe('a', 'fourth'))
  assert.deepEqual(drawn, ['one first', 'two second', 'two third', 'one fourth'])
  const order: number[] = []
  await Promise.all(Array.from({ length: 6 }, (_, n) => pool.render(recipe('a', `${n}`)).then(() => order.push(n))))
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5])
  await pool.close()
})
