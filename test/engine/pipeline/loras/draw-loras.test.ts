import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeSafetensors } from '../../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { elementsOf, tensorOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import type { Frames } from '../../../../src/engine/frames.ts'
import type { EngineInput } from '../../../../src/engine/pipeline/engine.ts'
import type { NamedLora } from '../../../../src/engine/pipeline/model/model.ts'
import { someNumbers, tiny } from '../../cpu-session.ts'
import { rewritten } from '../../rewritten.ts'
import { apart, countingEngine } from '../counting-engine.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-loras-'))
const engine = countingEngine(scratch)
after(async () => {
  await engine.close()
  rmSync(scratch, { recursive: true })
})

const { loads, runs } = engine
const at = (name: string): string => join(scratch, name)
const [peft, tucker, norm] = ['lora_peft', 'lyco_locon_tucker', 'lyco_norm'].map((name) => join(tiny, `${name}.safetensors`)) as [
  string,
  string,
  string,
]
const drawing: EngineInput = {
  model: { checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v2.safetensors'), loras: [] },
  prompt: 'a red ball',
  negative: '',
  frames: 2,
  width: 64,
  height: 64,
  steps: 2,
  seed: 7n,
  clipSkip: 1,
}

const drawnWith = (loras: readonly NamedLora[], changes: Partial<EngineInput> = {}) =>
  engine.drawn({ ...drawing, ...changes, model: { ...drawing.model, loras } })
const framesWith = async (loras: readonly NamedLora[], changes?: Partial<EngineInput>): Promise<Frames> =>
  (await drawnWith(loras, changes)).frames
/** Bytes that two ways of adding up the same numbers may round apart. */
const rounding = 0.02

/** A LoRA of rank 4 on the query projections of every layer of the text encoder. */
function textLora(name: string): string {
  writeSafetensors(
    at(name),
    [0, 1, 2].flatMap((layer) =>
      (['lora_down', 'lora_up'] as const).map((end, i) => {
        const shape = end === 'lora_down' ? [4, 64] : [64, 4]
        const values = someNumbers(elementsOf(shape), layer * 2 + i + 1)
        const prefix = `lora_te_text_model_encoder_layers_${layer}_self_attn_q_proj`
        return { name: `${prefix}.${end}.weight`, dtype: 'F32' as const, shape, bytes: new Uint8Array(values.buffer) }
      }),
    ),
  )
  return at(name)
}

test('applied at run time or merged, LoRAs on UNet, motion module and text encoder draw the same', async () => {
  const plain = await framesWith([])
  const loras: NamedLora[] = [
    { file: peft, strength: 0.6 },
    { file: tucker, strength: -0.5 },
    { file: join(tiny, 'motion_lora.safetensors'), strength: 0.9 },
    { file: textLora('text.safetensors'), strength: 0.7 },
  ]
  const adapters = await framesWith(loras)
  const merged = await framesWith(loras.map((lora) => ({ ...lora, merged: true })))
  assert.ok(apart(adapters, plain) > 1, `they change the picture, by ${apart(adapters, plain)}`)
  assert.ok(apart(adapters, merged) < rounding, `${apart(adapters, merged)} apart`)
  for (const left of [0, 1, 2, 3]) {
    const without = await framesWith(loras.filter((_, i) => i !== left))
    assert.ok(apart(without, adapters) > 5 * rounding, `each has its part: without the ${left}th ${apart(without, adapters)} apart`)
  }
})

test('styles on one base share one session, whatever their ranks and strengths, and each draws its own', async () => {
  const first = { file: peft, strength: 1 }
  const second = { file: tucker, strength: 1 }
  await framesWith([first, second])
  loads.length = 0
  const [one, other] = [await framesWith([first]), await framesWith([second])]
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await framesWith([first]), one)
    assert.deepEqual(await framesWith([second]), other)
  }
  const weaker = await framesWith([{ ...first, strength: 0.5 }])
  const plain = await framesWith([])
  assert.ok(apart(weaker, plain) > 0 && apart(weaker, plain) < apart(one, plain))
  assert.ok(apart(one, other) > 1)
  assert.deepEqual(loads, [])
})

test('the text encoder may have a strength of its own, at run time and merged', async () => {
  const file = textLora('own-text.safetensors')
  for (const merged of [false, true]) {
    assert.deepEqual(
      await framesWith([{ file, strength: 0, textStrength: 0.7, merged }]),
      await framesWith([{ file, strength: 0.7, merged }]),
    )
    assert.deepEqual(await framesWith([{ file, strength: 0.7, textStrength: 0, merged }]), await framesWith([]))
    assert.deepEqual(
      await framesWith([{ file: peft, strength: 0.7, textStrength: 0.2, merged }]),
      await framesWith([{ file: peft, strength: 0.7, merged }]),
    )
  }
  await assert.rejects(framesWith([{ file, strength: 1, textStrength: Number.NaN }]), { code: 'lora-strength' })
})

test('a strength of 0 is the model itself', async () => {
  assert.deepEqual(await framesWith([{ file: peft, strength: 0 }]), await framesWith([]))
})

test('what is not low-rank is merged into a file, which the next drawing finds', async () => {
  const styled = await framesWith([{ file: norm, strength: 0.7 }])
  assert.ok(apart(styled, await framesWith([])) > 1)
  const files = readdirSync(at('merged'))
  loads.length = 0
  assert.deepEqual(await framesWith([{ file: norm, strength: 0.7 }]), styled)
  assert.deepEqual(readdirSync(at('merged')), files)
  assert.deepEqual(loads, [])
  const both = await framesWith([
    { file: norm, strength: 0.7 },
    { file: peft, strength: 0.6 },
  ])
  const bothMerged = await framesWith([
    { file: norm, strength: 0.7 },
    { file: peft, strength: 0.6, merged: true },
  ])
  assert.ok(apart(both, bothMerged) < rounding && apart(both, styled) > 1)
})

test('an earlier layer and a still take what there is for them', async () => {
  const loras = [
    { file: textLora('still.safetensors'), strength: 0.7 },
    { file: join(tiny, 'motion_lora.safetensors'), strength: 0.9 },
  ]
  const still = { frames: 1, clipSkip: 2 }
  const [styled, plain] = [await framesWith(loras, still), await framesWith([], still)]
  assert.equal(styled.count, 1)
  assert.ok(apart(styled, plain) > 0.1)
  assert.deepEqual(await framesWith(loras.slice(0, 1), still), styled, 'nothing moves in a still')
})

test('a file that is replaced under its name is another LoRA', async () => {
  copyFileSync(peft, at('style.safetensors'))
  const before = await framesWith([{ file: at('style.safetensors'), strength: 1 }])
  copyFileSync(tucker, at('style.safetensors'))
  const after = await framesWith([{ file: at('style.safetensors'), strength: 1 }])
  assert.ok(apart(before, after) > 1)
  assert.deepEqual(after, await framesWith([{ file: tucker, strength: 1 }]))
})

test('tensors of a LoRA that fit nothing are noted with the drawing', async () => {
  const to_k = 'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_k.lora'
  const strange = rewritten(peft, at('strange.safetensors'), (tensor) => {
    if (tensor.name === `${to_k}_A.weight`) return { ...tensor, name: 'unet.nowhere.to_q.lora_A.weight' }
    return tensor.name === `${to_k}_B.weight` ? undefined : tensor
  })
  assert.deepEqual((await drawnWith([{ file: peft, strength: 1 }])).notes, [])
  const { notes } = await drawnWith([{ file: strange, strength: 1 }])
  assert.deepEqual(
    notes.map(({ message }) => message),
    ['Nothing here takes one tensor of strange.safetensors: unet.nowhere.to_q.lora_A.weight'],
  )
})

test('a LoRA that cannot be applied is refused before anything is loaded or drawn', async () => {
  const broken = rewritten(peft, at('nan.safetensors'), (tensor) =>
    tensor.name.endsWith('to_q.lora_A.weight')
      ? tensorOf(tensor.name, tensor.shape, new Float32Array(elementsOf(tensor.shape)).fill(Number.NaN))
      : tensor,
  )
  loads.length = 0
  runs.length = 0
  for (const [lora, code, sentence] of [
    [
      { file: 'models/pocket/loras/anime.safetensors', strength: 1 },
      'lora-shape',
      /anime\.safetensors: expected .* It was made for another base/,
    ],
    [{ file: broken, strength: 1 }, 'tensor-not-finite', /to_q\.lora_A\.weight in .*nan\.safetensors holds a value that is no number/],
    [{ file: peft, strength: Number.NaN }, 'lora-strength', /^The strength of lora_peft\.safetensors is a number such as 0\.8, not NaN\.$/],
    [{ file: peft, strength: Infinity }, 'lora-strength', /not Infinity/],
    [{ file: at('nothing.safetensors'), strength: 1 }, 'file-not-found', /There is no file .*nothing\.safetensors/],
    [{ file: join(tiny, 'motion_v3.safetensors'), strength: 1 }, 'lora-fits-nothing', /motion_v3\.safetensors is no LoRA/],
  ] as const) {
    await assert.rejects(drawnWith([lora]), { name: 'UserError', code, message: sentence })
    const merged = { ...lora, merged: true }
    await assert.rejects(drawnWith([merged]), { name: 'UserError', code })
  }
  const { motion: _, ...still } = drawing.model
  await assert.rejects(
    engine.drawn({ ...drawing, frames: 1, model: { ...still, loras: [{ file: join(tiny, 'motion_lora.safetensors'), strength: 1 }] } }),
    { code: 'lora-fits-nothing', message: /is a motion LoRA; it needs a motion module, and none is loaded/ },
  )
  assert.deepEqual({ loads, runs }, { loads: [], runs: [] })
})

test('warming loads what a style needs, and its first drawing loads nothing', async () => {
  const other = countingEngine(at('warmed'))
  const model = {
    ...drawing.model,
    loras: [
      { file: peft, strength: 1 },
      { file: norm, strength: 1 },
    ],
  }
  await other.warm({ ...drawing, model })
  assert.deepEqual(other.loads.toSorted(), ['text-encoder', 'unet-motion', 'vae-decoder'])
  assert.deepEqual(other.runs, [])
  assert.ok(existsSync(at('warmed/merged')))
  await other.drawn({ ...drawing, model })
  assert.equal(other.loads.length, 3)
  await other.close()
})
