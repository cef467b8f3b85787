// Reports of the Enter that ends a Chinese or Japanese composition (WebKit 165004; nearai/ironclaw#1140, mckaywrigley/chatbot-ui#718): Safari
// ends the composition before it sends the key, so isComposing is false there, and 229 is all that tells.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { createWeb } from '../../../src/chat/web/index.ts'
import { hasChromium, openPage } from '../../chat/web/chromium.ts'
import { createScriptedChat } from '../../chat/web/scripted-chat.ts'
import { webOptions } from '../../chat/web/web-options.ts'
import { waitUntil } from './wait-until.ts'

/** As Safari sends it. */
const composingKey = (field: Locator, key: string) => field.dispatchEvent('keydown', { key, keyCode: 229 })

describe('a composition on the page', { skip: !hasChromium, timeout: 120_000 }, () => {
  test('is ended by its Enter, and sent by the next one, once', async () => {
    const chat = createScriptedChat()
    const web = createWeb(webOptions())
    chat.platform = web
    const { page, errors } = await openPage(await web.start(chat.receiver))
    const field = page.getByLabel('Your message')
    await field.fill('/queue')
    await composingKey(field, 'Enter')
    await page.waitForTimeout(300)
    assert.equal(chat.received.length, 0)
    assert.equal(await field.inputValue(), '/queue')
    // a list of suggestions leaves the keys of a composition alone, too
    await field.fill('/animate 一只猫 style:')
    const options = page.getByRole('option')
    await options.first().waitFor()
    await field.press('ArrowDown')
    await composingKey(field, 'Enter')
    assert.equal(await field.inputValue(), '/animate 一只猫 style:')
    await field.press('Escape')
    await field.fill('/queue')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await waitUntil('the command', () => chat.received.length > 0)
    await page.waitForTimeout(300)
    assert.equal(chat.received.length, 1)
    assert.deepEqual(errors, [])
    await page.context().close()
    await web.stop()
  })
})
