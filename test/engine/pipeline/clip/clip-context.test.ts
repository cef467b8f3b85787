import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClipPrompts, encodeClipPrompts } from '../../../../src/engine/pipeline/clip/clip-context.ts'
import { type ClipText, textsOf } from '../../../../src/engine/pipeline/clip/travelling-text.ts'
import type { Chunk } from '../../../../src/engine/text/chunks.ts'
import { clipTokenizer } from '../../../../src/engine/text/tokenizer.ts'

const clip = clipTokenizer()
const [cat, dog, fish] = ['cat', 'dog', 'fish'].map((word) => clip.encode(word)[0]!)

/** States of width 1 that are the ids themselves, so that texts can be read: here the first word in each of eight frames. */
async function travelled(prompts: Partial<ClipPrompts>) {
  const asked: Chunk[] = []
  const encode = async (chunk: Chunk) => {
    asked.push(chunk)
    return Float32Array.from(chunk.ids)
  }
  const contexts = await encodeClipPrompts(encode, clip, {
    prompt: 'cat',
    negative: '',
    calls: 4,
    drawn: 8,
    keyed: { frames: 8, cyclic: false },
    interpolation: 'lerp',
    hold: 0,
    ...prompts,
  })
  const frames = [0, 1, 2, 3, 4, 5, 6, 7]
  const firstWords = (text: ClipText): number[] => {
    const all = textsOf(text, frames)
    return frames.map((frame) => all[(frame * all.length) / 8 + 1]!)
  }
  return { contexts, asked, firstWords }
}

/** From a to b in `n` equal steps, without b. */
const line = (a: number, b: number, n: number): number[] => Array.from({ length: n }, (_, i) => a + ((b - a) * i) / n)

test('a prompt goes from key to key, and each text is encoded once', async () => {
  const { contexts, asked, firstWords } = await travelled({ prompt: '0: cat | 4: dog' })
  assert.equal(new Set(contexts).size, 1)
  assert.equal(asked.length, 3)
  assert.deepEqual(firstWords(contexts[0]!.parts[0]!.context), [...line(cat!, dog!, 4), dog, dog, dog, dog])
})

test('in a closed clip it comes back to the first key', async () => {
  const { contexts, firstWords } = await travelled({ prompt: '0: cat | 4: dog', keyed: { frames: 8, cyclic: true } })
  assert.deepEqual(firstWords(contexts[0]!.parts[0]!.context), [...line(cat!, dog!, 4), ...line(dog!, cat!, 4)])
})

test('frames that are drawn beyond the clip are counted on from its first', async () => {
  const { contexts, firstWords } = await travelled({ prompt: '0: cat | 2: dog', keyed: { frames: 4, cyclic: true } })
  const round = [...line(cat!, dog!, 2), ...line(dog!, cat!, 2)]
  assert.deepEqual(firstWords(contexts[0]!.parts[0]!.context), [...round, ...round])
})

test('the negative prompt travels by itself, and what does not travel stays one text', async () => {
  const { contexts, firstWords } = await travelled({ negative: '0: cat | 4: dog' })
  assert.ok(contexts[0]!.parts[0]!.context instanceof Float32Array)
  assert.equal(firstWords(contexts[0]!.negative)[2], (cat! + dog!) / 2)
})

test('schedules over the steps work inside each key', async () => {
  const { contexts, firstWords } = await travelled({ prompt: '0: [cat:fish:0.5] | 4: dog' })
  assert.deepEqual(
    contexts.map(({ parts }) => firstWords(parts[0]!.context)[0]),
    [cat, cat, fish, fish],
  )
})

test('what AND joins travels part by part with its weight, and a part that a key lacks weighs nothing there', async () => {
  const { contexts, firstWords } = await travelled({ prompt: '0: cat AND fish :0.5 | 4: dog' })
  const [first, second] = contexts[0]!.parts
  assert.deepEqual(firstWords(first!.context).slice(0, 5), [...line(cat!, dog!, 4), dog])
  assert.equal(first!.weight, 1)
  assert.deepEqual(firstWords(second!.context), Array(8).fill(fish))
  assert.deepEqual([...(second!.weight as Float64Array)], [0.5, 0.375, 0.25, 0.125, 0, 0, 0, 0])
})

test('keys of different length have as many chunks', async () => {
  const long = Array(100).fill('cat').join(' ')
  const { contexts } = await travelled({ prompt: `0: dog | 4: ${long}`, negative: 'fish' })
  const { parts, negative } = contexts[0]!
  assert.equal(textsOf(parts[0]!.context, [0]).length, 2 * 77)
  assert.equal(textsOf(negative, [0]).length, 2 * 77)
})

test('a text may hold before it changes', async () => {
  const { contexts, firstWords } = await travelled({ prompt: '0: cat | 4: dog', hold: 0.5 })
  assert.deepEqual(firstWords(contexts[0]!.parts[0]!.context).slice(0, 5), [cat, cat, cat, (cat! + dog!) / 2, dog])
})
