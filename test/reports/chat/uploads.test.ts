// Reports of slow lines and large requests: Discord counts its three seconds until the last byte of a response has come
// (discord/discord-api-docs#4521: "send a defer before you start the upload"), and takes 25 MiB in one request (resources/message).

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { describe, test } from 'node:test'
import { openDiscordBot } from './discord-bot.ts'
import { gatedRenderer } from './gated-renderer.ts'
import { waitUntil } from './wait-until.ts'

const megabyte = 1_000_000

/** Large enough to be slow; nobody looks at it. */
function heavyWebp(bytes: number): () => Promise<Uint8Array> {
  const heavy = Buffer.alloc(bytes, 7)
  heavy.write('RIFF', 0)
  heavy.write('WEBP', 8)
  return async () => heavy
}

/** A line that sends so many bytes a second, and receives at once. */
async function slowLine(to: number, bytesPerSecond: () => number): Promise<{ readonly line: Server; readonly port: number }> {
  const line = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    let sending = Promise.resolve()
    const send = async (data: Buffer): Promise<void> => {
      const chunk = 20_000
      for (let at = 0; at < data.length; at += chunk) {
        const part = data.subarray(at, at + chunk)
        if (!far.destroyed) far.write(part)
        await new Promise((resolve) => setTimeout(resolve, (part.length / bytesPerSecond()) * 1000))
      }
      near.resume()
    }
    near.on('data', (data: Buffer) => {
      near.pause()
      sending = sending.then(() => send(data))
    })
    near.on('close', () => far.destroy())
    near.on('error', () => far.destroy())
    far.pipe(near)
    far.on('error', () => near.destroy())
  })
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  return { line, port: (line.address() as AddressInfo).port }
}

describe('large answers', { timeout: 120_000 }, () => {
  test('a list with pictures over a slow line is acknowledged in time, and shown where it was asked', async () => {
    let bytesPerSecond = 100 * megabyte
    let closeLine = () => {}
    const { make } = gatedRenderer(heavyWebp(300_000), { open: true })
    const bot = await openDiscordBot({
      renderer: make,
      async apiOf({ api }) {
        const { line, port } = await slowLine(Number(new URL(api).port), () => bytesPerSecond)
        closeLine = () => line.close()
        return `http://127.0.0.1:${port}/api`
      },
    })
    const { ann } = bot.state.users
    for (let n = 0; n < 4; n++) {
      bot.actions.command(ann, 'animate', { prompt: `picture ${n}` })
      await bot.soon(ann, new RegExp(`picture ${n}`), ({ pictures }) => pictures === 1)
    }
    await waitUntil('quiet', () => bot.isQuiet())
    // four pictures then take three seconds and a half
    bytesPerSecond = 340_000
    const asked = bot.actions.command(ann, 'history', {})
    const list = await bot.soon(ann, /Animations 1 to 4/, ({ pictures }) => pictures === 4)
    assert.equal(list.message.onlyFor, ann.id)
    const answers = bot.server.calls.filter(({ path }) => path.includes(asked.id))
    assert.deepEqual(
      answers.map(({ body, status, files }) => [(body as { type: number }).type, status, files.length]),
      [[5, 200, 0]],
    )
    await bot.close()
    closeLine()
  })

  test('a list whose pictures are more than a request takes is shown with those that fit', async () => {
    const { make } = gatedRenderer(heavyWebp(9 * megabyte), { open: true })
    const bot = await openDiscordBot({ renderer: make })
    const { ann } = bot.state.users
    for (let n = 0; n < 3; n++) {
      bot.actions.command(ann, 'animate', { prompt: `heavy ${n}` })
      await bot.soon(ann, new RegExp(`heavy ${n}`), ({ pictures }) => pictures === 1)
    }
    await waitUntil('quiet', () => bot.isQuiet())
    bot.actions.command(ann, 'history', {})
    const list = await bot.soon(ann, /Animations 1 to 3/)
    assert.equal(list.pictures, 2)
    for (const n of [0, 1, 2]) assert.ok(list.text.includes(`heavy ${n}`))
    assert.ok(!bot.server.calls.some(({ status }) => status === 413))
    await bot.close()
  })

  test('a list whose pictures are refused is shown in words', async () => {
    const { make } = gatedRenderer(heavyWebp(1000), { open: true })
    const bot = await openDiscordBot({ renderer: make })
    const { ann } = bot.state.users
    bot.actions.command(ann, 'animate', { prompt: 'a light one' })
    await bot.soon(ann, /a light one/, ({ pictures }) => pictures === 1)
    await waitUntil('quiet', () => bot.isQuiet())
    const tooLarge = { status: 413, body: { code: 40005, message: 'Request entity too large' } }
    bot.server.play('PATCH', /@original$/, tooLarge)
    bot.actions.command(ann, 'history', {})
    const list = await bot.soon(ann, /Animations 1 to 1/)
    assert.equal(list.pictures, 0)
    assert.equal(list.message.onlyFor, ann.id)
    await bot.close()
  })
})
