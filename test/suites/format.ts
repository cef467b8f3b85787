// The suite of every format, which keeps the pictures, their number and pace, the settings, and a limit in bytes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Format } from '../../src/animation-format.ts'
import type { Frames } from '../../src/engine/frames.ts'
import { UserError } from '../../src/errors.ts'
import { encode, FPS_RANGE } from '../../src/media/animation.ts'
import { readSettings } from '../../src/media/inspect.ts'
import { decode } from '../media/decode.ts'
import { ball, noise, part, psnr } from '../media/pictures.ts'

export interface FormatTraits {
  /** PSNR of the pocket model's ball at the default quality, rounded down from what was measured. */
  readonly decibels: number
  /** The finest delay that the format can hold; absent where fractions are exact. */
  readonly delayStepMs?: number
  /** Odd sides are padded by a pixel. */
  readonly evenSides?: boolean
  /** The file itself says that it loops; of others the player decides. */
  readonly loops: boolean
  /** Frames a second that are tried. */
  readonly rates: readonly number[]
}

const SIZES = [
  [65, 47],
  [64, 47],
  [1, 1],
  [8, 200],
] as const

const PROMPTS: Readonly<Record<string, string>> = {
  'emoji and other alphabets': 'ein roter Ball 🎈🏳️‍🌈 на лугу 草原で跳ねる كرة',
  'quotes, markup and line breaks': `"it's" <b>&amp;</b> ]]> --> \\u0041 \r\n\t = ; # [x]`,
  'control characters, lone surrogates and what XML forbids': '\u0000\u0001\u001b\u007f\u0085\u2028\ud83d\ufffe\uffff',
  'a hundred thousand characters': 'a red ball, ☀ '.repeat(7200).slice(0, 100_000),
  'text that looks like ours': '{"zoetrope":{"seed":1}}</rdf:li></dc:description>',
  nothing: '',
}

export function testFormat(format: Format, { decibels, delayStepMs, evenSides = false, loops, rates }: FormatTraits): void {
  test(`${format}: a real animation keeps its pictures, within ${decibels} dB`, async () => {
    const frames = await ball()
    const animation = await encode(frames, { format, fps: 10 })
    const { count, width, height, data } = await decode(animation)
    assert.deepEqual({ count, width, height }, { count: 16, width: 256, height: 256 })
    const measured = psnr(frames.data, data)
    assert.ok(measured >= decibels, `${measured} dB`)
    assert.equal(animation.reduced, undefined)
  })

  for (const [width, height] of SIZES) {
    test(`${format}: ${width}×${height} pixels come out in that size, padded only where the format must`, async () => {
      const frames = part(await ball(), 3, width, height)
      const animation = await encode(frames, { format, fps: 10 })
      const padded = (side: number) => (evenSides ? side + (side & 1) : side)
      assert.deepEqual({ width: animation.width, height: animation.height }, { width: padded(width), height: padded(height) })
      const decoded = await decode(animation)
      assert.deepEqual(
        { count: decoded.count, width: decoded.width, height: decoded.height },
        { count: 3, width: animation.width, height: animation.height },
      )
      const metadata = readSettings(animation.bytes)
      assert.deepEqual(
        { frames: metadata.frames, width: metadata.width, height: metadata.height },
        { frames: 3, width: animation.width, height: animation.height },
      )
      const measured = psnr(frames.data, topLeft(decoded, width, height))
      assert.ok(measured >= 36, `${measured} dB`)
    })
  }

  for (const count of [1, 2, 32]) {
    test(`${format}: ${count} frames are ${count} frames, also where all are alike`, async () => {
      for (const frames of [
        part(await ball(), count, 64, 64),
        { count, width: 32, height: 32, data: new Uint8Array(count * 3072).fill(90) },
      ]) {
        const animation = await encode(frames, { format, fps: 10 })
        const decoded = await decode(animation)
        assert.equal(decoded.count, count)
        assert.equal(animation.frames, count)
        if (count > 1 && loops) assert.equal(decoded.loopsForEver, true)
        assert.equal(readSettings(animation.bytes).frames, count)
      }
    })
  }

  test(`${format}: every rate from 1 to 50 frames a second is kept without drift`, async () => {
    const frames = part(await ball(), 12, 16, 16)
    for (const fps of rates) {
      const animation = await encode(frames, { format, fps })
      const { delays } = await decode(animation)
      assert.equal(delays.length, 12)
      let elapsed = 0
      delays.forEach((delay, i) => {
        elapsed += delay
        const off = Math.abs(elapsed - ((i + 1) * 1000) / fps)
        assert.ok(off <= (delayStepMs ?? 0.01) / 2 + 1e-9, `${fps} fps: after frame ${i} it is ${off} ms off`)
        assert.ok(delay >= 20 - 1e-9, `${fps} fps: browsers slow down a delay of ${delay} ms`)
      })
      assert.ok(Math.abs(readSettings(animation.bytes).durationMs - elapsed) < 0.5)
    }
  })

  test(`${format}: a rate outside ${FPS_RANGE.min} to ${FPS_RANGE.max} is refused`, async () => {
    const frames = part(await ball(), 2, 16, 16)
    for (const fps of [0, 0.5, 51, Number.NaN, -10, Number.POSITIVE_INFINITY]) {
      await assert.rejects(encode(frames, { format, fps }), { name: 'UserError', code: 'fps-out-of-range' })
    }
  })

  test(`${format}: a picture is scaled to some size`, async () => {
    const frames = part(await ball(), 2, 16, 16)
    for (const scale of [0, -1, Number.NaN]) {
      await assert.rejects(encode(frames, { format, fps: 10, scale }), { name: 'UserError', code: 'scale-out-of-range' })
    }
  })

  for (const [what, prompt] of Object.entries(PROMPTS)) {
    test(`${format}: settings come back with ${what} in the prompt`, async () => {
      const settings = {
        prompt,
        seed: '18446744073709551615',
        guidance: 7.5,
        loras: [{ file: 'é.safetensors', strength: -0.5 }],
        none: null,
      }
      const frames = part(await ball(), 2, 32, 32)
      const animation = await encode(frames, { format, fps: 10, settings })
      assert.deepEqual(readSettings(animation.bytes).settings, settings)
      const plain = await encode(frames, { format, fps: 10 })
      assert.ok(!('settings' in readSettings(plain.bytes)))
      // The text lies beside the pictures and changes none.
      assert.deepEqual((await decode(animation)).data, (await decode(plain)).data)
    })
  }

  test(`${format}: a small picture is enlarged, smoothly or in hard squares`, async () => {
    const frames = part(await ball(), 2, 24, 16)
    for (const kernel of ['lanczos', 'nearest'] as const) {
      const animation = await encode(frames, { format, fps: 10, scale: 4, kernel })
      assert.deepEqual({ width: animation.width, height: animation.height }, { width: 96, height: 64 })
      assert.equal((await decode(animation)).width, 96)
    }
  })

  test(`${format}: a limit in bytes that is met anyway changes nothing`, async () => {
    const frames = part(await ball(), 4, 64, 64)
    const free = await encode(frames, { format, fps: 10 })
    assert.deepEqual(await encode(frames, { format, fps: 10, maxBytes: free.bytes.length }), free)
  })

  test(`${format}: a limit in bytes is met on noise and on pictures, in eight encodes, and the sentence says how`, async () => {
    for (const frames of [noise(8, 64, 64), part(await ball(), 16, 128, 128)]) {
      const whole = await encode(frames, { format, fps: 10 })
      for (const share of [0.95, 0.6, 0.25]) {
        const maxBytes = Math.floor(whole.bytes.length * share)
        const { bytes, reduced, ...made } = await encode(frames, { format, fps: 10, maxBytes })
        assert.ok(bytes.length <= maxBytes, `${bytes.length} > ${maxBytes}`)
        assert.ok(bytes.length > 0.45 * maxBytes, `only ${bytes.length} of ${maxBytes} bytes are used`)
        assert.ok(reduced && reduced.encodes <= 8)
        const { width, frames: count, durationMs } = readSettings(bytes)
        assert.deepEqual({ width, count }, { width: made.width, count: made.frames })
        assert.ok(Math.abs(durationMs - frames.count * 100) <= 5, 'the period stays')
        assert.equal((await decode({ bytes, ...made })).count, count)
        assert.match(reduced.note.message, new RegExp(`^Lowered to stay within ${maxBytes.toLocaleString('en')} bytes: .+\\.$`))
        assert.equal(reduced.note.message.includes(`quality from 85 to ${reduced.quality}`), reduced.quality < 85)
        assert.equal(reduced.note.message.includes(`to ${made.width}×${made.height}`), reduced.scale < 1)
        assert.equal(reduced.note.message.includes('frames per second from 10 to'), reduced.fps < 10)
      }
    }
  })

  test(`${format}: a limit that nothing can meet is a sentence with both numbers`, async () => {
    await assert.rejects(encode(noise(4, 64, 64), { format, fps: 10, maxBytes: 200 }), (error) => {
      assert.ok(error instanceof UserError)
      assert.equal(error.code, 'animation-too-large')
      assert.match(error.message, /cannot be made smaller than [\d,]+ bytes, the limit is 200 bytes/)
      return true
    })
  })

  test(`${format}: cut or changed bytes are read or refused, never worse`, async () => {
    const { bytes } = await encode(part(await ball(), 3, 32, 32), { format, fps: 10, settings: { prompt: 'a red ball' } })
    const refusal = (file: Uint8Array) => {
      try {
        readSettings(file)
        return undefined
      } catch (error) {
        assert.ok(error instanceof UserError, `${error}`)
        return error.code
      }
    }
    for (let length = 0; length < bytes.length; length++) assert.ok(refusal(bytes.subarray(0, length)), `cut to ${length} bytes`)
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Uint8Array.from(bytes)
        changed[at] = value
        refusal(changed)
      }
    }
  })
}

/** What is left when the padding of an even size is cut off. */
function topLeft(frames: Frames, width: number, height: number): Uint8Array {
  const data = new Uint8Array(frames.count * width * height * 3)
  for (let row = 0; row < frames.count * height; row++) {
    const from = (Math.floor(row / height) * frames.height + (row % height)) * frames.width * 3
    data.set(frames.data.subarray(from, from + width * 3), row * width * 3)
  }
  return data
}
