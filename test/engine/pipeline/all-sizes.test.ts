import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { decoderGraph, unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { modelDefaults } from '../../../src/engine/pipeline/model-defaults.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { tiny } from '../cpu-session.ts'
import { countingEngine } from './counting-engine.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-sizes-'))
after(() => rmSync(scratch, { recursive: true }))

const models = {
  'four levels, eight pixels a latent': { checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v3.safetensors') },
  'three levels, eight pixels a latent': { checkpoint: 'models/pocket' },
}

for (const [name, files] of Object.entries(models)) {
  const { minSide, multiple, motion } = modelDefaults(files)
  const { factor } = openModel(files).vae.architecture

  test(`every side from the least on has its graphs: ${name}`, () => {
    const model = openModel(files)
    assert.notEqual(motion, null)
    // What is left over at each halving repeats every eight sides.
    for (let i = 0; i < 9; i++) {
      const [h, w] = [(minSide + i * multiple) / factor, (minSide + ((i * 5) % 9) * multiple) / factor]
      const [noise] = unetGraph(model, cpu(), { animations: 1, frames: 2, h, w, tokens: 77 }).outputs
      const [pictures] = decoderGraph(model, cpu(), { pictures: 1, h, w }).outputs
      assert.deepEqual(noise!.shape, [2, 4, h, w])
      assert.deepEqual(pictures!.shape, [1, 3, h * factor, w * factor])
    }
  })

  test(`the least side, one that is odd at every level, and half as wide again as high are drawn: ${name}`, async () => {
    const engine = countingEngine(scratch)
    for (const [width, height] of [
      [minSide, minSide],
      [minSide + 3 * multiple, minSide + multiple],
      [192, 128],
    ] as const) {
      const drawing = {
        model: { ...files, loras: [] },
        prompt: 'a red ball',
        negative: '',
        frames: 2,
        width,
        height,
        steps: 1,
        seed: 1n,
        clipSkip: 1,
      }
      const { frames } = await engine.drawn(drawing)
      assert.deepEqual(
        { width: frames.width, height: frames.height, bytes: frames.data.length },
        { width, height, bytes: 2 * width * height * 3 },
      )
      assert.ok(new Set(frames.data).size > 20, 'the frames are pictures')
    }
    await engine.close()
  })
}
