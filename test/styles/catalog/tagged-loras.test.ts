import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnimationRequest } from '../../../src/jobs/request.ts'
import { recipeFor } from '../../../src/styles/catalog/recipe.ts'
import type { Style } from '../../../src/styles/catalog/style.ts'
import { installedLoras } from '../../../src/styles/catalog/tagged-loras.ts'

const base = { checkpoint: '/models/sd15.safetensors', motion: '/models/v3.ckpt', loras: [] }
const lora = (name: string, strength = 1) => ({ file: `/styles/${name}.safetensors`, strength })
const style = (name: string, files: Style['model']['loras'], more: Partial<Style> = {}): Style => ({
  name,
  aliases: [],
  about: '',
  example: '',
  model: { ...base, loras: files },
  before: '',
  after: '',
  negative: '',
  state: 'published',
  ...more,
})
const known = [
  style('Watercolour', [lora('water', 0.6)]),
  style('mix', [lora('one', 0.5), lora('two', 1)]),
  style('quick', [{ ...lora('quick'), merged: true }]),
  style('both', [{ ...lora('quick'), merged: true }, lora('two', 1)]),
  style('secret', [lora('secret')], { state: 'admins' }),
  style('theirs', [lora('theirs')], { spaces: ['discord:1'] }),
  style('small', [lora('small')], { model: { ...base, checkpoint: '/models/pocket', loras: [lora('small')] } }),
]
const styles = { get: async (name: string) => known.find((it) => it.name.toLowerCase() === name.toLowerCase()) }
const kinds = { 'v2_lora_PanLeft.ckpt': 'motion-lora', 'add_detail.safetensors': 'lora', 'sd15.safetensors': 'sd1-checkpoint' } as const
const installed = installedLoras(Object.entries(kinds).map(([file, kind]) => ({ file, path: `/models/${file}`, bytes: 1, kind })))

const request = (prompt: string, more: Partial<AnimationRequest> = {}): AnimationRequest => ({
  prompt,
  negative: '',
  width: 64,
  height: 64,
  frames: 1,
  fps: 8,
  steps: 4,
  guidance: 7,
  clipSkip: 1,
  seed: '1',
  format: 'webp',
  ...more,
})

async function drawn(prompt: string, more: Partial<AnimationRequest> = {}) {
  const { prompt: words, model } = await recipeFor(request(prompt, more), styles, base, installed)
  const loras = model.loras.map(({ file, strength, textStrength }) => [file.split('/').at(-1), textStrength, strength])
  return [words, loras.map((lora) => lora.filter((part) => part !== undefined).join(' '))]
}

test('a tag takes the style of its name, as strong as it says', async () => {
  assert.deepEqual(await drawn('a boat <lora:watercolour:0.8>'), ['a boat', ['water.safetensors 0.8']])
  assert.deepEqual(await drawn('a boat <lyco:watercolour>'), ['a boat', ['water.safetensors 0.6']])
  assert.deepEqual(await drawn('<lora:mix:0.5> a boat'), ['a boat', ['one.safetensors 0.25', 'two.safetensors 0.5']])
})

test('what is laid into the weights runs beside them where a tag gives it a strength of its own', async () => {
  const merged = async (prompt: string) =>
    (await recipeFor(request(prompt), styles, base, installed)).model.loras.map((it) => it.merged ?? false)
  assert.deepEqual(await merged('a boat <lora:quick>'), [true])
  assert.deepEqual(await merged('a boat <lora:quick:0.5>'), [false])
  assert.deepEqual(await merged('a boat <lora:both:0.5>'), [false, false])
})

test('a tag takes an installed LoRA of its name, and none of another kind of file', async () => {
  const expected = ['a boat', ['v2_lora_PanLeft.ckpt 0.7', 'add_detail.safetensors 1']]
  assert.deepEqual(await drawn('a boat <lora:V2_lora_panleft:0.7><lora:add_detail>'), expected)
  assert.deepEqual(await drawn('a boat <lora:style/add_detail.safetensors:0.5>'), ['a boat', ['add_detail.safetensors 0.5']])
  assert.deepEqual(await drawn('a boat <lora:sd15:1>'), ['a boat <lora:sd15:1>', []])
})

test('a tag of two numbers is as strong in the text encoder as the first says, and in the UNet as the second', async () => {
  assert.deepEqual(await drawn('a boat <lora:watercolour:0.2:0.8>'), ['a boat', ['water.safetensors 0.2 0.8']])
  assert.deepEqual(await drawn('a boat <lora:add_detail:te=0:unet=1>'), ['a boat', ['add_detail.safetensors 0 1']])
  assert.deepEqual(await drawn('<lora:mix:0.1:0.5> a boat'), ['a boat', ['one.safetensors 0.05 0.25', 'two.safetensors 0.1 0.5']])
})

test('styles that are not for everybody, or for another base, are not taken, and their tags stay to be told', async () => {
  for (const name of ['secret', 'theirs', 'small', 'nobody'])
    assert.deepEqual(await drawn(`a boat <lora:${name}:1>`), [`a boat <lora:${name}:1>`, []])
  assert.deepEqual(await drawn('a boat <hypernet:watercolour:1>'), ['a boat <hypernet:watercolour:1>', []])
})

test('a tag that names what is applied already says how strong', async () => {
  const named = { model: { ...base, loras: [{ file: '/here/add_detail.safetensors', strength: 0.3 }] } }
  assert.deepEqual(await drawn('a boat <lora:add_detail:0.9>', named), ['a boat', ['add_detail.safetensors 0.9']])
  assert.deepEqual(await drawn('a boat <lora:theirs:0.9>', { style: 'theirs' }), ['a boat', ['theirs.safetensors 0.9']])
})
