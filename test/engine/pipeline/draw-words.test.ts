// What prompts say, seen in the frames: parts joined by AND, changes on the way, emphasis, long prompts, textual inversions.

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { float32Of, tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import type { Frames } from '../../../src/engine/frames.ts'
import type { EngineInput } from '../../../src/engine/pipeline/engine.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { fixtures, tiny } from '../cpu-session.ts'
import { rewritten } from '../rewritten.ts'
import { apart, countingEngine } from './counting-engine.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-words-'))
const engine = countingEngine(scratch)
after(async () => {
  await engine.close()
  rmSync(scratch, { recursive: true })
})

const { runs, loads } = engine
const ran = (name: string): number => runs.filter((it) => it === name).length
const checkpoint = join(tiny, 'checkpoint.safetensors')
const model = openModel({ checkpoint })
const drawing: EngineInput = {
  model: { checkpoint, loras: [] },
  prompt: 'a red ball',
  negative: '',
  frames: 1,
  width: 64,
  height: 64,
  steps: 4,
  seed: 7n,
  clipSkip: 1,
}
const still = async (changes: Partial<EngineInput>): Promise<Frames> => (await engine.drawn({ ...drawing, ...changes })).frames

test('a sentence is encoded once, for every seed', async () => {
  runs.length = 0
  await still({})
  assert.equal(ran('text-encoder'), 2, 'the prompt and its negative')
  await still({ seed: 8n })
  assert.equal(ran('text-encoder'), 2)
  await still({ clipSkip: 2 })
  assert.equal(ran('text-encoder'), 4)
})

test('parts joined by AND are a pass of the UNet each, and two halves of one prompt are the whole', async () => {
  const [whole, other] = [await still({}), await still({ prompt: 'a blue boat' })]
  runs.length = 0
  const halves = await still({ prompt: 'a red ball :0.5 AND a red ball :0.5' })
  assert.equal(ran('unet'), 3 * 4)
  assert.ok(apart(halves, whole) < 0.05, `${apart(halves, whole)} apart`)
  const both = await still({ prompt: 'a red ball AND a blue boat :0.7' })
  assert.ok(apart(both, whole) > 0.5 && apart(both, other) > 0.5)
  runs.length = 0
  await still({ prompt: 'a red ball AND a blue boat :0', guidance: 1 })
  assert.equal(ran('unet'), 2 * 4, 'a part of no weight is not asked')
})

test('tags of files are no words, in prompts and negatives, and it is said that they were left out', async () => {
  const plain = await engine.drawn({ ...drawing, negative: 'grey' })
  const tagged = await engine.drawn({ ...drawing, prompt: 'a red ball <lora:add_detail:0.7> <hypernet:x>', negative: '<lora:bad:1>grey' })
  assert.deepEqual(tagged.frames, plain.frames)
  assert.deepEqual(plain.notes, [])
  assert.deepEqual(
    tagged.notes.map(({ code, data }) => [code, data]),
    [
      ['prompt-loras', { tags: '<lora:add_detail:0.7> <lora:bad:1>' }],
      ['prompt-hypernetworks', { tags: '<hypernet:x>' }],
    ],
  )
})

test('a weight that no net can compute with is refused as such', async () => {
  const heavy = `${'9'.repeat(41)}`
  for (const prompt of [`a red ball AND a blue boat :${heavy}`, '(((a red ball:9999):9999):9999)'])
    await assert.rejects(still({ prompt }), {
      name: 'UserError',
      code: 'prompt-weight',
      message: /has the weight .* at most 10000 can be drawn with/,
    })
  await still({ prompt: '(a red ball:9999)' })
})

test('a prompt that changes after the last step is the first, before the first step the second', async () => {
  const [red, blue] = [await still({ prompt: 'a red ball' }), await still({ prompt: 'a blue ball' })]
  const changing = (when: string) => still({ prompt: `a [red:blue:${when}] ball` })
  assert.deepEqual(await changing('4'), red)
  assert.deepEqual(await changing('0'), blue)
  const halfway = await changing('0.5')
  assert.ok(apart(halfway, red) > 0.1 && apart(halfway, blue) > 0.1)
})

test('emphasis and words beyond the 75th change the picture, and a longer negative is read along', async () => {
  const long = `a red ball${', a cat'.repeat(30)}`
  const plain = await still({ prompt: long })
  assert.ok(apart(await still({ prompt: `${long}, a dog` }), plain) > 0.01)
  assert.ok(apart(await still({ prompt: 'a (red:1.6) ball' }), await still({})) > 0.1)
  loads.length = 0
  await still({ prompt: 'a red ball', negative: long })
  assert.deepEqual(loads, [], 'one graph reads two chunks, whichever text is longer')
})

test("a textual inversion that is a word's own vector draws the word", async () => {
  const [ball] = model.tokenizer.encode('ball')
  const table = model.text.tensors.get('text_model.embeddings.token_embedding.weight')!
  const vector = float32Of(table).slice(ball! * 64, (ball! + 1) * 64)
  const file = join(scratch, 'ball.safetensors')
  writeSafetensors(file, [{ name: 'emb_params', dtype: 'F32', shape: [1, 64], bytes: new Uint8Array(vector.buffer) }])
  const styled = { checkpoint, loras: [], embeddings: [{ file, word: 'qwzx' }] }
  assert.equal(model.tokenizer.encode('ball').length, 1)
  assert.deepEqual(await still({ prompt: 'a red qwzx', model: styled }), await still({ prompt: 'a red ball' }))
  assert.deepEqual(await still({ prompt: 'a red ball', negative: 'embedding:QWZX', model: styled }), await still({ negative: 'ball' }))
})

test('each form of a textual inversion stands where its word does', async () => {
  const drawnBy = (name: string) =>
    still({
      prompt: 'a red thing',
      model: { checkpoint, loras: [], embeddings: [{ file: join(fixtures, 'torch-files', name), word: 'thing' }] },
    })
  const [a1111, kohya, diffusers] = [
    await drawnBy('embedding_a1111.pt'),
    await drawnBy('embedding_kohya.safetensors'),
    await drawnBy('embedding_diffusers.bin'),
  ]
  assert.deepEqual(a1111, kohya)
  assert.ok(apart(diffusers, kohya) > 0, 'one vector is not three')
  assert.ok(apart(kohya, await still({ prompt: 'a red thing' })) > 0.1)
})

test('an inversion of another width is refused before anything is run', async () => {
  const embeddings = [{ file: join(fixtures, 'torch-files/embedding_kohya.safetensors'), word: 'thing' }]
  runs.length = 0
  await assert.rejects(still({ model: { checkpoint: 'models/pocket', loras: [], embeddings } }), {
    code: 'embedding-base',
    message: /of width 64; this model reads text of width 160/,
  })
  assert.deepEqual(runs, [])
})

test('a word that a folder’s tokenizer was given in training is the row of the text encoder that was trained for it', async () => {
  const folder = join(scratch, 'added')
  cpSync('models/pocket', folder, { recursive: true })
  writeFileSync(join(folder, 'tokenizer/added_tokens.json'), JSON.stringify({ '<zoe>': 2000 }))
  const file = join(folder, 'text_encoder/model.safetensors')
  const zoe = Float32Array.from({ length: 160 }, (_, i) => Math.sin(i))
  rewritten('models/pocket/text_encoder/model.safetensors', file, (tensor) => {
    if (!tensor.name.endsWith('token_embedding.weight')) return tensor
    return tensorOf(tensor.name, [2001, 160], Float32Array.from([...float32Of(tensor), ...zoe]))
  })
  const embedding = join(scratch, 'zoe.safetensors')
  writeSafetensors(embedding, [{ name: 'emb_params', dtype: 'F32', shape: [1, 160], bytes: new Uint8Array(zoe.buffer) }])
  const draw = (checkpoint: string, embeddings?: NonNullable<EngineInput['model']['embeddings']>) =>
    still({ model: { checkpoint, loras: [], ...(embeddings && { embeddings }) }, prompt: 'a boat, <zoe>' })
  const added = await draw(folder)
  assert.deepEqual(added, await draw('models/pocket', [{ file: embedding, word: '<zoe>' }]))
  assert.ok(apart(added, await draw('models/pocket')) > 0.1)
})
