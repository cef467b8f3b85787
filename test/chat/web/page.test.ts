// The page in a real browser: keyboard, dialogs, reconnecting, narrow windows.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { createWeb, type PageViews, type RecentAnimation, type Viewer, type Web, type WebOptions } from '../../../src/chat/web/index.ts'
import { hasChromium, newPage, openPage, pictureOf } from './chromium.ts'
import { filledViews } from './filled-views.ts'
import { createScriptedChat, type ScriptedChat } from './scripted-chat.ts'
import { webOptions } from './web-options.ts'

describe('the page in Chromium', { skip: !hasChromium, timeout: 600_000 }, () => {
  let folder: string
  let file: string
  let chat: ScriptedChat
  let web: Web
  let origin: string
  let opened: { page: Page; errors: string[] }[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zoetrope-page-'))
  })
  beforeEach(async (t) => {
    file = join(folder, `${t.name.replace(/\W+/g, '-').slice(0, 40)}.sqlite`)
    chat = createScriptedChat()
    await serve(0)
  })
  afterEach(async () => {
    for (const { page, errors } of opened) {
      await page.context().close()
      assert.deepEqual(errors, [], 'no script failed, and the content policy forbade nothing')
    }
    opened = []
    await web.stop()
  })
  after(() => rm(folder, { recursive: true }))

  async function serve(port: number, options: Partial<WebOptions> = {}): Promise<void> {
    web = createWeb(webOptions({ file, port, adminToken: 'correct horse battery', uploads: join(folder, 'uploads'), ...options }))
    chat.platform = web
    origin = await web.start(chat.receiver)
  }
  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const one = await openPage(origin, options)
    opened.push(one)
    return one.page
  }
  /** Before the page is opened in it. */
  async function visit(): Promise<{ page: Page; errors: string[] }> {
    const one = await newPage()
    opened.push(one)
    return one
  }
  async function say(page: Page, words: string): Promise<void> {
    await page.getByLabel('Your message').fill(words)
    await page.keyboard.press('Enter')
  }
  /** The browser itself complains of a server that is gone. */
  function forgiveTheOutage(): void {
    const outage = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/
    for (const { errors } of opened) errors.splice(0, errors.length, ...errors.filter((error) => !outage.test(error)))
  }
  const field = (page: Page) => page.getByLabel('Your message')
  const sources = (page: Page) => page.locator('.message[data-tone] img').evaluateAll((all) => all.map((one) => one.getAttribute('src')))

  it('is written with keys alone: completion, progress, the loop, the die', async () => {
    const page = await open()
    await page.keyboard.type('/an')
    const list = page.getByRole('listbox', { name: 'Suggestions' })
    await list.getByRole('option', { name: '/animate' }).waitFor()
    assert.match((await field(page).getAttribute('aria-activedescendant')) ?? '', /^suggestions-/)
    await page.keyboard.press('Enter')
    await page.keyboard.type('prompt:a blue boat rocking on the sea sty')
    await list.getByRole('option', { name: 'style:' }).waitFor()
    await page.keyboard.press('Tab')
    await list.getByRole('option', { name: 'sepia' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    assert.match((await list.getByRole('option', { selected: true }).textContent())!, /^anime/)
    await page.keyboard.press('Enter')
    assert.equal(await field(page).inputValue(), '/animate prompt:a blue boat rocking on the sea style:anime ')
    await page.keyboard.press('Enter')

    await page.getByRole('log').getByText('You are next.').waitFor()
    const [life] = chat.jobs
    assert.equal(life!.prompt, 'a blue boat rocking on the sea')
    assert.equal(await field(page).inputValue(), '')
    await life!.progress(0.25, 'Step 3 of 12, 9 seconds left', 100)
    const bar = page.getByRole('progressbar')
    await page.getByRole('log').getByText('Step 3 of 12, 9 seconds left').waitFor()
    assert.equal(await bar.getAttribute('aria-valuenow'), '25')
    await page.locator('#announcements', { hasText: 'Step 3 of 12' }).waitFor({ state: 'attached' })
    await page.locator('.message[data-tone=running] img').waitFor()
    const [preview] = await sources(page)
    await life!.progress(0.75, 'Step 9 of 12, 3 seconds left', 200)
    await page.locator(`.message img:not([src="${preview}"])`).waitFor()
    await life!.finish(250)
    await page.locator('.message[data-tone=done]').waitFor()
    await page.getByText('18446744073709551615').waitFor()
    await pictureOf(page.locator('.message[data-tone=done] img'), 64)
    assert.equal(await bar.count(), 0)

    // Tab reaches the die from the field backwards, and Enter presses it
    await page.getByRole('button', { name: 'Again', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('log').getByText('You are next.').waitFor()
    assert.deepEqual(chat.received.at(-1)!.kind === 'text' && chat.received.at(-1), { ...chat.received.at(-1), text: 'again job:k3j9x' })
    await chat.jobs[1]!.finish(50)
    assert.equal(await page.locator('.message[data-tone]').count(), 2)
  })

  it('Escape closes what is offered, and Enter then sends what was typed', async () => {
    const page = await open()
    await page.keyboard.type('/animate a cat style:an')
    const list = page.getByRole('listbox')
    await list.waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await list.count(), 0)
    await page.keyboard.press('Enter')
    await page.getByRole('log').getByText('You are next.').waitFor()
    const received = chat.received[0]!
    assert.equal(received.kind === 'text' && received.text, '/animate a cat style:an')
  })

  it('a bare sentence is drawn; a bare command is a command', async () => {
    const page = await open()
    await say(page, 'a red ball bouncing')
    await page.getByRole('log').getByText('You are next.').waitFor()
    assert.equal(chat.jobs[0]!.prompt, 'a red ball bouncing')
    await say(page, 'queue')
    await page.getByRole('log').getByText('You said /queue.').waitFor()
  })

  it('a dialog is filled in and sent', async () => {
    const page = await open()
    await say(page, 'a cat')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.finish(200)
    await page.getByRole('button', { name: 'Change words' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Draw it with other words' })
    assert.equal(await dialog.getByLabel('Other words').inputValue(), 'a red ball')
    await page.keyboard.press('Escape')
    assert.equal(await dialog.count(), 0)
    await page.getByRole('button', { name: 'Change words' }).first().click()
    await dialog.getByLabel('Other words').fill('a <b>blue</b> ball')
    for (const name of ['negative', 'style', 'seed']) await dialog.getByLabel(name).fill('')
    await dialog.getByRole('button', { name: 'Draw' }).click()
    await page.locator('blockquote', { hasText: 'a <b>blue</b> ball' }).waitFor()
    const received = chat.received.at(-1)!
    const options = { job: 'k3j9x', prompt: 'a <b>blue</b> ball', negative: 'none', style: 'none' }
    assert.deepEqual(received.kind === 'command' && received.options, options, 'what is taken out is told where there is a word for it')
  })

  it('a button that is pressed again before it was heard was pressed once', async () => {
    const page = await open()
    await say(page, 'a cat')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.finish(200)
    const again = page.getByRole('button', { name: 'Again', exact: true })
    await again.evaluate((button) => {
      for (let i = 0; i < 5; i++) button.click()
    })
    await page.getByRole('log').getByText('You are next.').waitFor()
    await say(page, 'queue')
    await page.getByRole('log').getByText('You said /queue.').waitFor()
    assert.equal(chat.jobs.length, 2)
  })

  it('what was said long ago is reached, also where the last that came was a dialog', async () => {
    const page = await open()
    await say(page, 'a cat')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.finish(200)
    for (let i = 0; i < 30; i++) {
      await say(page, 'queue')
      await page.getByText('You said /queue.').nth(i).waitFor()
    }
    await page.getByRole('button', { name: 'Change words' }).first().click()
    await page.getByRole('dialog').waitFor()
    await page.reload()
    await page.getByText('You said /queue.').first().waitFor()
    assert.equal(await page.getByText('/animate a cat').count(), 0, 'more than come at once')
    await page.getByRole('button', { name: 'Earlier messages' }).click()
    await page.getByText('/animate a cat').waitFor()
  })

  it('options are picked in the one composer: after its button for the Tab key, and away with Escape', async () => {
    const page = await open()
    await field(page).fill('a cat')
    await page.getByRole('button', { name: 'Options' }).click()
    await page.keyboard.press('Tab')
    const focused = () => page.evaluate<string>('document.activeElement.id')
    assert.equal(await focused(), 'which-command')
    await page.keyboard.press('Escape')
    assert.equal(await page.getByRole('button', { name: 'Options' }).getAttribute('aria-expanded'), 'false')
    await page.getByRole('button', { name: 'Options' }).press('Enter')
    const form = page.locator('.pickers')
    assert.equal(await form.getByLabel('prompt').count(), 0, 'the words stand in one place')
    await form.getByLabel('style').fill('s')
    await form.getByRole('option', { name: 'sepia' }).click()
    await form.getByLabel('frames').fill('8')
    await form.getByLabel('aspect').selectOption('wide')
    await form.getByLabel('private').selectOption('yes')
    assert.equal(await page.locator('.composer button[type=submit]').count(), 1)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('/animate prompt:"a cat" style:sepia frames:8 aspect:wide private:yes').waitFor()
    const received = chat.received.at(-1)!
    assert.deepEqual(received.kind === 'command' && received.options, {
      prompt: 'a cat',
      style: 'sepia',
      frames: '8',
      aspect: 'wide',
      private: 'yes',
    })
  })

  it('a first visit shows moving samples, and one click has one drawn', async () => {
    const page = await open()
    const samples = page.locator('.sample')
    assert.equal(await samples.count(), 6)
    await pictureOf(samples.nth(1).locator('img'), 256)
    await samples.nth(1).click()
    await page.getByRole('log').getByText('You are next.').waitFor()
    const received = chat.received.at(-1)!
    assert.deepEqual(received.kind === 'command' && received.options, { prompt: 'a purple jellyfish drifting under water', style: 'neon' })
    assert.equal(await samples.first().isVisible(), false, 'who has asked knows how')
  })

  it('what could not be sent stays in the field, with the reason', async () => {
    const page = await open()
    const { port } = new URL(origin)
    await web.stop()
    await say(page, 'a cat that nobody heard of')
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor()
    assert.equal(await field(page).inputValue(), 'a cat that nobody heard of')
    await serve(Number(port))
    await page.keyboard.press('Enter')
    await page.getByRole('log').getByText('You are next.').waitFor()
    assert.equal(await field(page).inputValue(), '')
    forgiveTheOutage()
  })

  it('a finished message is at most four stops of the Tab key, and arrows go through its buttons', async () => {
    const page = await open()
    await say(page, 'a cat')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.finish(200)
    const message = page.locator('.message[data-tone=done]')
    await message.locator('img').waitFor()
    const stops = await message.evaluate((element) => {
      const all = (element as unknown as { querySelectorAll(selector: string): Iterable<{ tabIndex: number }> }).querySelectorAll('*')
      return [...all].filter(({ tabIndex }) => tabIndex >= 0).length
    })
    assert.ok(stops >= 1 && stops <= 4, `${stops} stops`)
    await message.getByRole('button', { name: 'Again', exact: true }).focus()
    for (const name of ['Change words', 'Variation', 'Keep', 'Send me', 'Delete']) {
      await page.keyboard.press('ArrowRight')
      assert.equal(await page.evaluate('document.activeElement.textContent'), name)
    }
    const [download] = await Promise.all([page.waitForEvent('download'), message.getByRole('link', { name: 'Download' }).click()])
    assert.match(download.suggestedFilename(), /^zoetrope-.+\.webp$/)
  })

  it('gallery and styles say what could not be loaded, and load it when they are asked again', async () => {
    const page = await open()
    await page.route('**/api/{animations,styles}*', (route) => route.fulfill({ status: 500, json: { code: 'broken' } }))
    for (const [view, empty] of [
      ['Gallery', 'No animations yet.'],
      ['Styles', 'There are no styles yet.'],
    ] as const) {
      await page.getByRole('link', { name: view }).click()
      await page.getByRole('alert').getByText('This could not be loaded. Something broke.').waitFor()
      await page.unroute('**/api/{animations,styles}*')
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText(empty).waitFor()
      await page.route('**/api/{animations,styles}*', (route) => route.fulfill({ status: 500, json: { code: 'broken' } }))
    }
    for (const { errors } of opened) errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('500')))
  })

  it('the gallery shows each animation once, also while some are deleted and others come', async () => {
    const views = await filledViews()
    const [sample] = (await views.recent({} as Viewer, { from: 0, limit: 1 })).entries
    const entryOf = (id: string): RecentAnimation => ({
      ...sample!,
      job: { ...sample!.job, id, request: { ...sample!.job.request, prompt: id } },
      mayDelete: true,
    })
    const entries = Array.from({ length: 50 }, (_, n) => entryOf(`loop${n}`))
    const isThere = ({ job }: RecentAnimation) =>
      !chat.received.some((one) => one.kind === 'text' && one.text === `cancel job:${job.id} sure:yes`)
    const recent: PageViews['recent'] = async (_viewer, { from, limit }) => {
      const there = entries.filter(isThere)
      return { entries: there.slice(from, from + limit), total: there.length }
    }
    await web.stop()
    await serve(0, { views: { ...views, recent } })
    const page = await open({ reducedMotion: 'reduce' })
    const cards = page.locator('.card')
    const remove = async () => {
      await cards.first().getByRole('button', { name: 'Delete' }).click()
      await cards.first().getByRole('button', { name: 'Delete for good?' }).click()
    }
    const more = async (count: number) => {
      await page.getByRole('button', { name: 'More' }).click()
      await cards.nth(count - 1).waitFor()
      assert.deepEqual(
        await page.locator('.card-prompt').allInnerTexts(),
        Array.from({ length: count }, (_, n) => `loop${n + 1}`),
      )
    }
    await page.getByRole('link', { name: 'Gallery' }).click()
    await cards.nth(23).waitFor()
    await remove()
    await cards.nth(23).waitFor({ state: 'detached' })
    await more(47)
    entries.unshift(entryOf('new'))
    await more(49)
    assert.equal(await page.getByRole('button', { name: 'More' }).count(), 0)

    entries.splice(0, entries.length, entryOf('last'))
    await page.getByLabel('Search words and styles').fill('last')
    await page.getByText('last', { exact: true }).waitFor()
    await remove()
    await page.getByText('Nothing here has “last” in its words.').waitFor()
  })

  it('a reload keeps the conversation, also after a restart, and progress goes on in the open page', async () => {
    const page = await open()
    await say(page, 'a cat')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await web.stop()
    await page.getByText('No connection. Trying again').waitFor()
    await serve(Number(new URL(origin).port))
    await chat.jobs[0]!.progress(0.5, 'Step 6 of 12', 90)
    await page.getByRole('log').getByText('Step 6 of 12').waitFor()
    await chat.jobs[0]!.finish(200)
    await page.locator('.message[data-tone=done]').waitFor()
    await page.reload()
    await page.locator('.message[data-tone=done] img').waitFor()
    assert.deepEqual(await page.locator('.message.said').allInnerTexts(), ['/animate a cat'])
    forgiveTheOutage()
  })

  it('a server with another memory begins the page anew, and it can be used at once', async () => {
    const page = await open()
    await say(page, '/help')
    await page.getByRole('log').getByText('You said /help.').waitFor()
    await web.stop()
    file = `${file}-new`
    await serve(Number(new URL(origin).port))
    await page.getByText('A sentence becomes a loop').waitFor()
    assert.equal(await page.getByRole('log').getByText('You said /help.').count(), 0)
    await say(page, '/queue')
    await page.getByRole('log').getByText('You said /queue.').waitFor()
    forgiveTheOutage()
  })

  it('a page whose first calls fail says why, and opens when it is tried again', async () => {
    const { page, errors } = await visit()
    await page.route('**/api/house*', (route) => route.abort())
    await page.route('**/api/hello*', (route) => route.fulfill({ status: 429, json: { code: 'too-many-guests' } }))
    await page.goto(origin)
    for (const [path, why] of [
      ['**/api/house*', 'The server cannot be reached.'],
      ['**/api/hello*', 'Too many guests have come from your network.'],
    ] as const) {
      await page.getByRole('alert').getByText(`This could not be loaded. ${why}`).waitFor()
      await page.unroute(path)
      await page.getByRole('button', { name: 'Try again' }).click()
    }
    await say(page, '/queue')
    await page.getByRole('log').getByText('You said /queue.').waitFor()
    errors.splice(0, errors.length, ...errors.filter((error) => !/ERR_FAILED|429/.test(error)))
  })

  it('a browser that keeps nothing for the page is told so once, and opens it when it does', async () => {
    const { page, errors } = await visit()
    // as browsers do where cookies are blocked: the page's memory throws, and whom a response made them is forgotten
    await page.addInitScript(
      `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError') } })`,
    )
    let hellos = 0
    await page.route('**/api/hello*', async (route) => {
      hellos++
      await route.fulfill({ json: await (await fetch(`${origin}/api/hello`, { method: 'POST', headers: { origin } })).json() })
    })
    let loads = 0
    page.on('load', () => loads++)
    await page.goto(origin)
    await page.getByRole('alert').getByText('your browser keeps none').waitFor()
    await page.waitForTimeout(1500)
    assert.deepEqual({ loads, hellos }, { loads: 1, hellos: 4 }, 'nobody is made new for ever')
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await say(page, '/queue')
    await page.getByRole('log').getByText('You said /queue.').waitFor()
    errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('401')))
  })

  it('people see what is for everybody, not what is for others, and words are never markup', async () => {
    const [ann, bob] = [await open(), await open()]
    await say(ann, '<img src=x onerror=alert(1)> & <b>bold</b>')
    await bob.locator('blockquote').waitFor()
    assert.equal(await bob.locator('blockquote').textContent(), '<img src=x onerror=alert(1)> & <b>bold</b>')
    await say(ann, '/help')
    await ann.getByRole('log').getByText('You said /help.').waitFor()
    await chat.jobs[0]!.finish(100)
    await bob.locator('.message[data-tone=done]').waitFor()
    assert.equal(await bob.getByText('You said /help.').count(), 0)
    assert.equal(await bob.locator('.message.said').count(), 0)
    await bob.getByRole('button', { name: 'Again', exact: true }).click()
    await ann.getByText(/^for Guest [0-9a-f]{4}$/).waitFor()
    await ann.getByText('for you').waitFor()
    assert.equal(await bob.getByRole('button', { name: 'Delete' }).count(), 0, 'nobody is shown what they may not do')
  })

  it('is dark where the device is, and where it is switched; the switch is remembered', async () => {
    const background = (page: Page) => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await open()
    const dark = await open({ colorScheme: 'dark' })
    const [lightColour, darkColour] = [await background(light), await background(dark)]
    assert.notEqual(lightColour, darkColour)
    await light.getByRole('button', { name: 'Colours' }).click()
    assert.equal(await background(light), darkColour)
    await light.reload()
    assert.equal(await background(light), darkColour)
  })

  it('fits a phone: nothing is wider than 375 pixels, and all views are under the thumb', async () => {
    const page = await open({ viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true })
    await say(page, `/animate ${'averyveryverylongword'.repeat(8)}`)
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.finish(100)
    await page.locator('.message[data-tone=done] img').waitFor()
    for (const view of ['Queue', 'Gallery', 'Styles', 'Settings', 'Chat']) {
      await page.getByRole('navigation').getByRole('link', { name: view }).tap()
      const width = await page.evaluate<number>(
        `Math.max(...[...document.querySelectorAll('html, main *')].map((one) => one.getBoundingClientRect().right))`,
      )
      const { y, height } = (await page.getByRole('navigation').boundingBox())!
      assert.ok(width <= 375, `${view} is ${width} wide`)
      assert.equal(Math.round(y + height), 720)
    }
  })

  it('stands still where the device asks for calm, until it is played', async () => {
    const page = await open({ reducedMotion: 'reduce' })
    await say(page, 'a cat')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.finish(100)
    await page.locator('.message[data-tone=done] canvas').waitFor()
    assert.equal(await page.locator('.message[data-tone=done] img').count(), 0)
    await page.getByRole('button', { name: 'Play' }).click()
    await page.locator('.message[data-tone=done] img').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('.message[data-tone=done] canvas').waitFor()
  })

  it('a wrong token is said where it was typed, in view', async () => {
    const page = await open({ viewport: { width: 800, height: 420 } })
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Token').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const sentence = page.getByText('That is not the token.')
    await sentence.waitFor()
    const { y, height } = (await sentence.boundingBox())!
    assert.ok(y > 0 && y + height <= 420, `from ${y} to ${y + height}`)
    for (const { errors } of opened) errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('403')))
  })

  it('the token opens what holds here, with what holds now in its fields and answers in place; signing out closes it', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Token').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('You are signed in as the operator.').first().waitFor()
    await page.getByText('/settings set').click()
    const form = page.locator('details[open]')
    const frames = form.getByLabel('max-frames')
    await frames.waitFor()
    assert.equal(await frames.inputValue(), '24')
    await frames.fill('16')
    await form.getByRole('button', { name: 'Do it' }).click()
    await form.locator('.message').getByText('You said /settings.').waitFor()
    const received = chat.received.at(-1)!
    assert.equal(received.asker.admin, true)
    assert.deepEqual(received.kind === 'command' && received.options, { 'max-frames': '16' }, 'only what was changed is sent')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    assert.equal(await page.getByText('/settings set').count(), 0)
  })

  it('an admin adds a style among the styles, sees that it is worked on, and the answer in place', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Token').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('You are signed in as the operator.').first().waitFor()
    await page.getByRole('link', { name: 'Styles' }).click()
    await page.getByText('/styles add').click()
    const form = page.locator('details[open]')
    await form.getByLabel('name').fill('watercolour')
    await form.getByLabel('file').setInputFiles({ name: 'watercolour.safetensors', mimeType: '', buffer: Buffer.alloc(1000) })
    const cookies = await page.context().cookies()
    await page.context().clearCookies({ name: /admin/ })
    await form.getByRole('button', { name: 'Do it' }).click()
    await form.getByRole('alert').getByText('Only operators hand over files here').waitFor()
    assert.equal(await form.getByRole('progressbar').count(), 0, 'nothing goes up any more')
    await page.context().addCookies(cookies)
    for (const { errors } of opened) errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('403')))

    let go = (): void => {}
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    await page.route('**/api/say*', async (route) => {
      await held
      await route.continue()
    })
    await form.getByRole('button', { name: 'Do it' }).click()
    await form.getByText(/^Being worked on for \d+ s/).waitFor()
    assert.equal(await form.getByRole('progressbar').count(), 1)
    go()
    await form.locator('.message').getByText('You said /styles.').waitFor()
    assert.equal(await form.getByRole('progressbar').count(), 0)
    const received = chat.received.at(-1)!
    assert.equal(received.kind === 'command' && received.options['name'], 'watercolour')
    assert.equal(await page.getByText('You said /styles.').count(), 1, 'not in the chat as well, as long as one looks here')
  })

  it('speaks Chinese where the browser does', async () => {
    const { page, errors } = await openInChinese()
    await page.getByRole('link', { name: '画廊' }).waitFor()
    assert.equal(await page.evaluate('document.documentElement.lang'), 'zh')
    await page.getByLabel('你的消息').fill('/an')
    await page.getByText('把一句话画成循环动画').waitFor()
    await page.context().close()
    assert.deepEqual(errors, [])
  })
  const openInChinese = () => openPage(origin, { locale: 'zh-CN' }, '你的消息')
})
