// Accessibility of the page: axe-core finds nothing in any view, light and dark, wide and narrow.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { createWeb, type Web } from '../../../src/chat/web/index.ts'
import { hasChromium, openPage } from './chromium.ts'
import { filledViews } from './filled-views.ts'
import { createScriptedChat, type ScriptedChat } from './scripted-chat.ts'
import { webOptions } from './web-options.ts'

const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

describe('the page, as axe-core sees it', { skip: !hasChromium, timeout: 600_000 }, () => {
  let folder: string
  let chat: ScriptedChat
  let web: Web
  let origin: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zoetrope-axe-'))
    chat = createScriptedChat()
    web = createWeb(webOptions({ file: join(folder, 'page.sqlite'), adminToken: 'correct horse battery', views: await filledViews() }))
    chat.platform = web
    origin = await web.start(chat.receiver)
  })
  after(async () => {
    await web.stop()
    await rm(folder, { recursive: true })
  })

  async function check(page: Page, what: string, found: string[]): Promise<void> {
    // The page's own policy forbids scripts that are not its own.
    const { violations } = await page.evaluate<AxeResults>(`${axe}; axe.run(document, { resultTypes: ['violations'] })`)
    found.push(
      ...violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${what}: ${id}: ${html.slice(0, 160)} ${failureSummary}`),
      ),
    )
  }

  async function checkAll(page: Page, look: string): Promise<string[]> {
    const found: string[] = []
    const go = (view: string) => page.getByRole('navigation').getByRole('link', { name: view }).click()
    await page.locator('.sample').first().waitFor()
    await check(page, `${look}, first visit`, found)
    await page.getByRole('button', { name: 'Options' }).click()
    await check(page, `${look}, options`, found)
    await page.keyboard.press('Escape')
    const before = chat.jobs.length
    for (const words of ['a cat', 'a dog']) {
      await page.getByLabel('Your message').fill(words)
      await page.keyboard.press('Enter')
      await page.locator('blockquote', { hasText: words }).last().waitFor()
    }
    // What was said is shown before a job is made of it.
    while (chat.jobs.length < before + 2) await page.waitForTimeout(20)
    const [first, second] = chat.jobs.slice(before)
    await first!.finish(100)
    await second!.progress(0.5, 'Step 6 of 12, 9 seconds left', 90)
    await page.getByRole('log').getByText('Step 6 of 12').last().waitFor()
    await page.locator('.message[data-tone=done] img').last().waitFor()
    await check(page, `${look}, conversation`, found)
    await second!.finish(100)
    await page.getByRole('button', { name: 'Change words' }).last().click()
    await check(page, `${look}, dialog`, found)
    await page.keyboard.press('Escape')

    await go('Queue')
    await page.locator('.queued').first().waitFor()
    await check(page, `${look}, queue`, found)
    await go('Gallery')
    await page.locator('.card img').first().waitFor()
    await check(page, `${look}, gallery`, found)
    await page.getByRole('button', { name: 'Show large' }).first().click()
    await page.locator('dialog .facts').waitFor()
    await check(page, `${look}, large`, found)
    await page.keyboard.press('Escape')
    await go('Settings')
    await check(page, `${look}, settings`, found)
    await page.getByLabel('Token').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('/settings set').click()
    await page.getByLabel('max-frames').waitFor()
    await check(page, `${look}, settings of admins`, found)
    await go('Styles')
    await page.getByRole('button', { name: 'Edit' }).first().click()
    await page.locator('dialog form').waitFor()
    await check(page, `${look}, editing a style`, found)
    await page.keyboard.press('Escape')
    await check(page, `${look}, styles`, found)
    return found
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [width, viewport] of [
      ['wide', { width: 1100, height: 800 }],
      ['narrow', { width: 375, height: 720 }],
    ] as const) {
      it(`has no violation in any view, ${colorScheme} and ${width}`, async () => {
        const { page, errors } = await openPage(origin, { colorScheme, viewport, reducedMotion: 'no-preference' })
        assert.deepEqual(await checkAll(page, `${colorScheme}, ${width}`), [])
        assert.deepEqual(errors, [])
        await page.context().close()
      })
    }
  }
})
