// A real Chromium for one test file. Where none is installed (Debian: the package chromium), those tests are skipped and say so.

import { existsSync } from 'node:fs'
import { after } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium'

export const hasChromium = existsSync(executablePath)
if (!hasChromium) console.log(`skipped: no Chromium at ${executablePath}; the page was not driven`)

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

let browser: Browser | undefined
after(() => browser?.close())

/** A window of its own, as of another person; scripts that fail are gathered in `errors`. */
export async function newPage(options: BrowserContextOptions = {}): Promise<{ page: Page; errors: string[] }> {
  browser ??= await chromium.launch({ executablePath, args })
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, locale: 'en-US', colorScheme: 'light', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  page.on('console', (message) => {
    // also what the content policy forbade
    if (message.type() === 'error') errors.push(message.text())
  })
  return { page, errors }
}

/** A new window with the page in it, ready to be used. */
export async function openPage(
  origin: string,
  options: BrowserContextOptions = {},
  composer = 'Your message',
): Promise<{ page: Page; errors: string[] }> {
  const opened = await newPage(options)
  await opened.page.goto(origin)
  await opened.page.getByLabel(composer).waitFor()
  return opened
}

/** Waits until the picture that is shown has so many pixels a row. The page's own policy forbids to wait inside it. */
export async function pictureOf(image: Locator, width: number): Promise<void> {
  for (;;) {
    const now = await image.evaluate((element) => (element as unknown as { readonly naturalWidth: number }).naturalWidth)
    if (now === width) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
