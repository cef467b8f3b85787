// A benchmark of registration: how long a LoRA of 144 MiB (kohya, rank 128, half precision, all 264 modules of Stable Diffusion 1.5) takes
// from the address to "ready for its preview": `node test/styles/admin/bench-registration.ts`. The base is of full size, but only its table
// of contents is there.

import { closeSync, createReadStream, ftruncateSync, mkdtempSync, openSync, realpathSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspectInThread } from '../../../src/engine/pipeline/inspect/inspect-in-thread.ts'
import { clipText, sd15UNet, sd15Vae } from '../../../src/engine/synthetic/sd15.ts'
import { startHttpsServer } from '../download/https-server.ts'
import { openTestStyles } from '../test-styles.ts'

type Shape = readonly number[]

const shapesOf = (entries: Iterable<readonly [string, unknown]>): [string, Shape][] =>
  [...entries].map(([name, shape]) => [name, shape as Shape])

/** A safetensors file of half precision, zeros throughout and nowhere on the disk. */
function hollow(path: string, tensors: readonly (readonly [string, Shape])[]): void {
  let at = 0
  const header = Object.fromEntries(
    tensors.map(([name, shape]) => {
      const from = at
      at += shape.reduce((product, side) => product * side, 2)
      return [name, { dtype: 'F16', shape, data_offsets: [from, at] }]
    }),
  )
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const fd = openSync(path, 'w')
  writeSync(fd, Buffer.concat([length, json]))
  ftruncateSync(fd, 8 + json.length + at)
  closeSync(fd)
}

/** Every linear of the UNet's transformers and of the text encoder, as kohya names them. */
function loraShapes(rank: number): [string, Shape][] {
  const unet = shapesOf(sd15UNet()).filter(([name, shape]) => /attentions\..*\.weight$/.test(name) && shape.length > 1)
  const text = shapesOf(clipText()).filter(([name, shape]) => /layers\..*\.weight$/.test(name) && shape.length > 1)
  const named = [...unet.map((one) => ['lora_unet_', one] as const), ...text.map((one) => ['lora_te_', one] as const)]
  return named.flatMap(([prefix, [name, [out, input, ...ones]]]) => {
    const module = prefix + name.replace(/\.weight$/, '').replaceAll('..', '_')
    return [
      [`${module}.lora_down.weight`, [rank, input!, ...ones]],
      [`${module}.lora_up.weight`, [out!, rank, ...ones]],
    ]
  })
}

const root = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-large-'))
const [checkpoint, lora] = [join(root, 'checkpoint.safetensors'), join(root, 'lora.safetensors')]
const under = (prefix: string, shapes: Iterable<readonly [string, unknown]>) =>
  shapesOf(shapes).map(([name, shape]) => [prefix + name, shape] as const)
hollow(checkpoint, [
  ...under('model.diffusion_model.', sd15UNet()),
  ...under('first_stage_model.', sd15Vae()),
  ...under('cond_stage_model.transformer.', clipText()),
])
hollow(lora, loraShapes(128))

const server = await startHttpsServer((_path, response) => void createReadStream(lora).pipe(response))
const setup = await openTestStyles({
  bases: [{ name: 'sd15', files: { checkpoint, loras: [] }, example: 'a boat' }],
  download: server.download(),
  inspect: (path, options) => inspectInThread(path, { ...options, timeoutMs: 120_000, maxMegabytes: 2048 }),
})
const began = performance.now()
const busy = process.cpuUsage()
const card = await setup
  .admin()
  .add({ name: 'large', extend: false, url: 'https://huggingface.co/owner/repo/resolve/main/large.safetensors' })
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(busy)
console.log(
  `${card.files[0]!.about}: ${(statSync(lora).size / 2 ** 20).toFixed(1)} MiB ready for its preview in ${seconds.toFixed(2)} s, of which ${((user + system) / 1e6).toFixed(2)} s were work of this process`,
)
await server.close()
setup.close()
rmSync(root, { recursive: true })
