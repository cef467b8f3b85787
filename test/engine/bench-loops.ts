// How well the pocket model's clips loop, and what they cost: `node test/engine/bench-loops.ts FRAMES [CLIPS] [LOOP] [FIRST] [SHEET.png]`, a
// process for each length, so that its memory is its own. One thread; seconds are of the CPU, so that others on the machine do not count.
// Prompts are the judge's, by chance: the same in every run, so that one may go on behind another, from seed FIRST.

import sharp from 'sharp'
import { loops } from '../../src/engine/draw-settings.ts'
import { type Frames, frameAt } from '../../src/engine/frames.ts'
import { createEngine, type EngineOutput } from '../../src/engine/pipeline/engine.ts'
import { modelDefaults } from '../../src/engine/pipeline/model-defaults.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import { promptOf, wordsOfModel } from '../../src/judge/world-words.ts'
import { cpuSession } from './cpu-session.ts'

const [frames, clips] = [Number(process.argv[2] ?? 16), Number(process.argv[3] ?? 6)]
const loop = loops.find((name) => name === process.argv[4]) ?? 'auto'
const first = Number(process.argv[5] ?? 1)
const sheet = process.argv[6]
const side = 128
const words = wordsOfModel('models/pocket')
const { steps, guidance } = modelDefaults({ checkpoint: 'models/pocket' })
let calls = 0
const sessions = createSessions({
  budgetBytes: 1e9,
  load: async (graph) => {
    const session = await createSession(graph, { threads: 1 })
    return {
      ...session,
      run: (feeds) => {
        if (graph.name === 'unet-motion') calls++
        return session.run(feeds)
      },
    }
  },
})
const engine = createEngine({ ...cpuSession, sessions })

async function draw(prompt: string, seed: bigint): Promise<EngineOutput> {
  const model = { checkpoint: 'models/pocket', loras: [] }
  const settings = { negative: '', steps, guidance, clipSkip: 1, clip: { loop } } as const
  const turns = engine.draw({ model, prompt, seed, frames, width: side, height: side, ...settings })
  for (let turn = await turns.next(); ; turn = await turns.next()) if (turn.done) return turn.value
}

const drawn: Frames[] = []
const seams: number[] = []
const cpuMs: number[] = []
for (let seed = first; seed < first + clips; seed++) {
  const { text: prompt } = promptOf(words, seed)
  const before = process.cpuUsage()
  const { frames: clip, closing } = await draw(prompt, BigInt(seed))
  const { user, system } = process.cpuUsage(before)
  drawn.push(clip)
  seams.push(closing?.seam ?? 0)
  cpuMs.push((user + system) / 1000)
  const made = `${closing?.loop}, seam ${seams.at(-1)!.toFixed(2)}, ${(cpuMs.at(-1)! / 1000).toFixed(1)} s`
  console.log(`${frames} frames, loop ${loop}, seed ${seed}, ${prompt}: ${made}`)
}
await engine.close()

const closed = seams.filter((it) => it <= 1.1).length
// The first clip loads the nets.
const seconds = cpuMs.slice(1).reduce((sum, ms) => sum + ms, 0) / Math.max(1, clips - 1) / 1000
const megabytes = process.resourceUsage().maxRSS / 1024
console.log(
  `${frames} frames: loop ${loop}: seam at most 1.1 in ${closed} of ${clips}, at most ${Math.max(...seams).toFixed(2)}, ${seconds.toFixed(1)} s and ${calls / clips} calls of the UNet a clip, at most ${megabytes.toFixed(0)} MB`,
)

if (sheet) {
  const rows = drawn.flatMap((clip) => Array.from({ length: Math.ceil(frames / 16) }, (_, row) => ({ clip, row })))
  const cells = rows.flatMap(({ clip, row }, y) =>
    Array.from({ length: Math.min(16, frames - 16 * row) }, (_, x) => ({
      input: Buffer.from(frameAt(clip, 16 * row + x)),
      raw: { width: side, height: side, channels: 3 as const },
      left: x * side,
      top: y * side,
    })),
  )
  const create = { width: 16 * side, height: rows.length * side, channels: 3 as const, background: '#fff' }
  await sharp({ create }).composite(cells).png().toFile(sheet)
}
