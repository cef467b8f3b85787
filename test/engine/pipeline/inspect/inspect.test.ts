import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserError } from '../../../../src/engine/errors.ts'
import { type Inspection, inspect } from '../../../../src/engine/pipeline/inspect/inspect.ts'
import { inspectInThread } from '../../../../src/engine/pipeline/inspect/inspect-in-thread.ts'
import { fixtures, tiny } from '../../cpu-session.ts'

const pocket = join(import.meta.dirname, '../../../../models/pocket')
const bases = [
  { checkpoint: pocket, motion: join(pocket, 'motion') },
  { checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v2.safetensors') },
]
const options = { limits: {}, safetensorsOnly: true, bases }
const apart = { ...options, timeoutMs: 60_000, maxMegabytes: 512 }

const fitOf = ({ identity, base, ignored }: Inspection) => ({ kind: identity.kind, base, ignored })

test('a file is recognized for what it is, and for which of the bases it fits', () => {
  const [pocketBase, tinyBase] = [0, 1]
  for (const [path, kind, base] of [
    [join(pocket, 'loras/anime.safetensors'), 'lora', pocketBase],
    [join(pocket, 'vae/diffusion_pytorch_model.safetensors'), 'vae', pocketBase],
    [join(pocket, 'motion/diffusion_pytorch_model.safetensors'), 'motion-module', pocketBase],
    [join(tiny, 'lora_peft.safetensors'), 'lora', tinyBase],
    [join(tiny, 'motion_lora.safetensors'), 'motion-lora', tinyBase],
    [join(tiny, 'motion_v1.safetensors'), 'motion-module', tinyBase],
    [join(tiny, 'checkpoint.safetensors'), 'sd1-checkpoint', tinyBase],
    [join(tiny, 'lyco_ia3.safetensors'), 'lora', tinyBase],
    [join(fixtures, 'torch-files/embedding_kohya.safetensors'), 'textual-inversion', tinyBase],
  ] as const) {
    assert.deepEqual(fitOf(inspect(path, options)), { kind, base, ignored: 0 }, path)
  }
})

test('a file that fits no base is refused with the reason of the first', () => {
  assert.throws(() => inspect(join(tiny, 'motion_v3.safetensors'), { ...options, bases: bases.slice(0, 1) }), { code: 'motion-base' })
  assert.throws(() => inspect(join(pocket, 'loras/anime.safetensors'), { ...options, bases: bases.slice(1) }), { code: 'file-other-width' })
})

test('in a thread of its own it says the same, refusals with their code and data', async () => {
  const path = join(pocket, 'loras/sepia.safetensors')
  const inspection = await inspectInThread(path, apart)
  assert.deepEqual(fitOf(inspection), { kind: 'lora', base: 0, ignored: 0 })
  assert.equal(inspection.metadata.get('ss_output_name'), 'sepia')
  const refused = await inspectInThread(join(fixtures, 'torch-files/zip.ckpt'), apart).catch((error: unknown) => error)
  assert.ok(refused instanceof UserError)
  assert.equal(refused.code, 'file-is-pickle')
  assert.deepEqual(Object.keys(refused.data), ['path'])
})

test('a file that takes too long or too much memory to read ends its thread, and nothing else', async () => {
  const path = join(tiny, 'lycoris.safetensors')
  await assert.rejects(inspectInThread(path, { ...apart, timeoutMs: 1 }), { code: 'file-unreadable-in-time' })
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-inspect-'))
  const large = join(folder, 'large.safetensors')
  const words = Array.from({ length: 1_500_000 }, (_, i) => `"${i}":"${i}"`)
  const header = Buffer.from(`{"__metadata__":{${words}}}`)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  writeFileSync(large, Buffer.concat([length, header]))
  await assert.rejects(inspectInThread(large, { ...apart, maxMegabytes: 64 }), { code: 'file-too-large-to-read' })
  rmSync(folder, { recursive: true })
})
