// A long clip of full size on the page: its previews while it is drawn, then all of its frames, in Chromium.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Picture } from '../../../src/chat/contract/outgoing.ts'
import { encode } from '../../../src/media/animation.ts'
import { previewWebp } from '../../../src/media/preview.ts'
import { longClip } from '../../media/long-clip.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { hasChromium, openPage, pictureOf } from './chromium.ts'
import { createScriptedChat } from './scripted-chat.ts'
import { serving } from './web-options.ts'

/** What of Chromium's WebCodecs is used in it; the types of a browser are not among those of the tests. */
declare const ImageDecoder: new (init: {
  readonly data: unknown
  readonly type: string
}) => {
  readonly completed: Promise<void>
  readonly tracks: { readonly selectedTrack: { readonly frameCount: number; readonly repetitionCount: number } }
  decode(options: {
    readonly frameIndex: number
  }): Promise<{ readonly image: { readonly displayWidth: number; readonly displayHeight: number; readonly timestamp: number } }>
}

const folder = temporaryFolder()

const picture = (bytes: Uint8Array, side: number): Picture => {
  return { bytes, format: 'webp', width: side, height: side, fileName: 'zoetrope-k3j9x.webp', alt: 'Animation: a boat' }
}

test('64 frames of 512×512 come to the page while they are drawn, and are all there at the end', { skip: !hasChromium }, async () => {
  const frames = longClip()
  const chat = createScriptedChat()
  await serving({ file: join(folder, 'page.sqlite'), uploads: join(folder, 'uploads') }, chat.receiver, async (origin, web) => {
    chat.platform = web
    const { page, errors } = await openPage(origin)
    page.setDefaultTimeout(120_000)
    await page.getByLabel('Your message').fill('/animate a boat frames:64')
    await page.keyboard.press('Enter')
    await page.getByRole('log').getByText('You are next.').waitFor()
    await chat.jobs[0]!.progress(0.5, 'Step 8 of 16', picture(await previewWebp(frames, { fps: 8, scale: 0.25 }), 128))
    await pictureOf(page.locator('.message[data-tone=running] img'), 128)

    const { bytes } = await encode(frames, { format: 'webp', fps: 8, maxBytes: web.limits.maxBytes })
    await chat.jobs[0]!.finish(picture(bytes, 512))
    const image = page.locator('.message[data-tone=done] img')
    await pictureOf(image, 512)
    const shown = await image.evaluate(async (element) => {
      const { src } = element as unknown as { readonly src: string }
      const { body } = await fetch(src)
      const decoder = new ImageDecoder({ data: body, type: 'image/webp' })
      await decoder.completed
      const { frameCount, repetitionCount } = decoder.tracks.selectedTrack
      const last = (await decoder.decode({ frameIndex: frameCount - 1 })).image
      return {
        frameCount,
        forEver: repetitionCount === Number.POSITIVE_INFINITY,
        last: [last.displayWidth, last.displayHeight, last.timestamp],
      }
    })
    assert.deepEqual(shown, { frameCount: 64, forEver: true, last: [512, 512, 63 * 125_000] })
    assert.deepEqual(errors, [])
  })
})
