// The pool of GPU hosts over a real Redis.

import { startRedis } from '../../suites/redis-server.ts'
import { testRenderPool } from '../../suites/render-pool.ts'
import { openHost, openPool, untilCapacity } from './open-hosts.ts'

const url = await startRedis()

if (url !== undefined) {
  testRenderPool(
    'the pool of GPU hosts',
    async () => {
      const { pool } = await openPool(url)
      const { host, pids } = await openHost(url)
      await untilCapacity(pool, 1)
      return { pool, kill: () => process.kill(pids.at(-1)!, 'SIGKILL'), dispose: () => host.close() }
    },
    { resizes: false },
  )
}
