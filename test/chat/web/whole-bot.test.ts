// The whole bot as `npm start` runs it, in a folder of its own, with the model that ships; a person in Chromium.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { hasChromium, openPage, pictureOf } from './chromium.ts'

const bot = fileURLToPath(new URL('../../../src/bot.ts', import.meta.url))

describe('the bot and its page', { skip: !hasChromium, timeout: 600_000 }, () => {
  let home: string
  let running: ChildProcess
  let origin: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'zoetrope-whole-'))
    await start('0')
  })
  after(async () => {
    await stop()
    await rm(home, { recursive: true })
  })

  async function start(port: string): Promise<void> {
    const env = { PATH: process.env['PATH'] ?? '', ZOETROPE_HOME: home, PORT: port, HEALTH_PORT: '0', LOG_LEVEL: 'warn', DEVICE: 'cpu' }
    running = spawn(process.execPath, [bot], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: running.stdout! })) {
      const address = /^(http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1]
      if (!address) continue
      origin = address
      running.stdout!.resume()
      return
    }
    throw new Error('no address was printed')
  }
  async function stop(): Promise<void> {
    if (running.exitCode !== null) return
    running.kill('SIGTERM')
    const [code] = await once(running, 'exit')
    assert.equal(code, 0, 'stops by itself when asked to')
  }
  const done = (page: Page) => page.locator('.message[data-tone=done]')
  const loops = (page: Page) => pictureOf(done(page).locator('img'), 256)

  it('a sentence becomes a loop that all views show, and that is there after a restart', async () => {
    const { page, errors } = await openPage(origin)
    page.setDefaultTimeout(240_000)
    await page.keyboard.type('/animate prompt:a blue boat rocking on the sea steps:6 frames:8 style:')
    await page.getByRole('option', { name: 'anime' }).waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.locator('.message[data-tone=waiting], .message[data-tone=running]').waitFor()
    await page.getByRole('progressbar').waitFor()
    await page.locator('.message[data-tone=running] img').waitFor()
    await loops(page)
    await done(page).getByText('anime', { exact: true }).waitFor()

    // another seed of the same; taken back before it is drawn
    await done(page).getByRole('button', { name: 'Again', exact: true }).click()
    const second = page.locator('.message:not([data-tone=done]):not(.said)')
    await second.waitFor()
    await page.getByRole('navigation').getByRole('link', { name: 'Queue' }).click()
    await page.locator('.queued', { hasText: 'a blue boat rocking on the sea' }).getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Nothing is waiting.').waitFor()

    await page.getByRole('navigation').getByRole('link', { name: 'Gallery' }).click()
    const card = page.locator('.card', { hasText: 'a blue boat rocking on the sea' })
    await card.locator('img').waitFor()
    assert.equal(await card.count(), 1)
    await page.getByRole('navigation').getByRole('link', { name: 'Styles' }).click()
    await page.getByRole('heading', { name: 'sepia' }).waitFor()
    assert.deepEqual(errors, [])

    const port = new URL(origin).port
    await stop()
    await start(port)
    await page.goto(origin)
    await loops(page)
    await page.getByText('Cancelled.').first().waitFor()
    // deleting is asked twice, and takes the message with it
    await page.getByRole('navigation').getByRole('link', { name: 'Gallery' }).click()
    await card.getByRole('button', { name: 'Delete' }).click()
    await card.getByRole('button', { name: 'Delete for good?' }).click()
    await card.waitFor({ state: 'detached' })
    await page.getByRole('navigation').getByRole('link', { name: 'Chat' }).click()
    assert.equal(await done(page).count(), 0)
    await page.reload()
    await page.getByRole('navigation').getByRole('link', { name: 'Gallery' }).click()
    await page.getByText('No animations yet.').waitFor()
    await page.context().close()
  })
})
