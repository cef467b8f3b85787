// Uploads: how long what was handed over stays on the disk.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openPageClient, uploaded } from '../page-client.ts'
import { serving, silent } from '../web-options.ts'

test('a file that was handed over is gone after its hour, though nobody hands over another', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 1_000_000
  await handedOver(
    t,
    () => nowMs,
    async ({ there }) => {
      nowMs += 50 * 60_000
      t.mock.timers.tick(10 * 60_000)
      assert.equal((await there()).length, 2)
      nowMs += 11 * 60_000
      t.mock.timers.tick(10 * 60_000)
      while ((await there()).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    },
  )
})

test('files of a person whose data is deleted go with it, those of others stay', async (t) => {
  await handedOver(t, Date.now, async ({ there, forgetAnn }) => {
    await forgetAnn()
    assert.equal((await there()).length, 1)
  })
})

interface HandedOver {
  there(): Promise<readonly string[]>
  forgetAnn(): Promise<void>
}

/** Ann and Bob have handed over a file each. */
async function handedOver(t: TestContext, now: () => number, use: (files: HandedOver) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'zoetrope-uploads-'))
  t.after(() => rm(folder, { recursive: true }))
  const uploads = join(folder, 'uploads')
  await serving({ uploads, adminToken: 'correct horse battery', now }, silent, async (origin, web) => {
    const [ann, bob] = [await openPageClient(origin), await openPageClient(origin)]
    for (const client of [ann, bob]) {
      await client.call('POST', '/api/sign-in', { token: 'correct horse battery' })
      await uploaded(client, [{ name: 'a.safetensors', bytes: new Uint8Array(10) }])
    }
    await use({ there: () => readdir(uploads), forgetAnn: () => web.forget(ann.me.person) })
  })
}
