// Whether frames at the keys of a prompt that travels show the words of their key: `node test/engine/bench-travel.ts [CLIPS] [FRAMES]`. A subject
// in the snow changes its colour, and a frame counts where its coloured pixels are nearer to its own key's colour than to the other's.

import { type Frames, frameAt } from '../../src/engine/frames.ts'
import { createEngine } from '../../src/engine/pipeline/engine.ts'
import { modelDefaults } from '../../src/engine/pipeline/model-defaults.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { createSessions } from '../../src/engine/runtime/sessions.ts'
import { cpuSession } from './cpu-session.ts'

const [clips, frames] = [Number(process.argv[2] ?? 10), Number(process.argv[3] ?? 16)]
const side = 128
const { steps, guidance } = modelDefaults({ checkpoint: 'models/pocket' })
const colours = {
  red: [0.9, 0.2, 0.15],
  yellow: [0.95, 0.8, 0.2],
  green: [0.2, 0.7, 0.25],
  blue: [0.2, 0.4, 0.9],
  purple: [0.55, 0.25, 0.75],
} as const
const names = Object.keys(colours) as (keyof typeof colours)[]
const subjects = ['ball', 'heart', 'star', 'balloon', 'flower'] as const

const sessions = createSessions({ budgetBytes: 1e9, load: (graph) => createSession(graph, { threads: 1 }) })
const engine = createEngine({ ...cpuSession, sessions })

let right = 0
for (let i = 0; i < clips; i++) {
  const [from, to] = [names[i % names.length]!, names[(i + 1 + (i % (names.length - 1))) % names.length]!]
  const subject = subjects[(i * 3) % subjects.length]!
  const middle = frames / 2
  const prompt = `0: a ${from} ${subject} in the snow | ${middle}: a ${to} ${subject} in the snow`
  const clip = await draw(prompt, BigInt(i + 1))
  const seen = [
    [0, from, to],
    [middle, to, from],
  ] as const
  const kept = seen.map(([frame, own, other]) => {
    const colour = colourOf(clip, frame)
    return apart(colour, colours[own]) < apart(colour, colours[other])
  })
  right += kept.filter((it) => it).length
  console.log(`${prompt}: ${kept.map((it) => (it ? 'shown' : 'NOT SHOWN')).join(', ')}`)
}
await engine.close()
console.log(`${right} of ${2 * clips} frames at keys show the words of their key, of clips of ${frames} frames`)

async function draw(prompt: string, seed: bigint): Promise<Frames> {
  const model = { checkpoint: 'models/pocket', loras: [] }
  const settings = { negative: '', steps, guidance, clipSkip: 1, clip: { loop: 'auto' } } as const
  const turns = engine.draw({ model, prompt, seed, frames, width: side, height: side, ...settings })
  for (let turn = await turns.next(); ; turn = await turns.next()) if (turn.done) return turn.value.frames
}

/** Mean of the pixels that have most colour, each scaled to its brightest channel. */
function colourOf(clip: Frames, frame: number): number[] {
  const data = frameAt(clip, frame)
  const pixels = Array.from({ length: side * side }, (_, p) => [...data.subarray(3 * p, 3 * p + 3)])
  const colourful = pixels.map((rgb) => Math.max(...rgb) - Math.min(...rgb))
  const least = colourful.toSorted((a, b) => b - a)[Math.floor(side * side * 0.03)]!
  const most = pixels.filter((_, p) => colourful[p]! >= least)
  return [0, 1, 2].map((c) => most.reduce((sum, rgb) => sum + rgb[c]! / Math.max(...rgb), 0) / most.length)
}

function apart(a: readonly number[], b: readonly number[]): number {
  const brightest = Math.max(...b)
  return a.reduce((sum, value, c) => sum + (value - b[c]! / brightest) ** 2, 0)
}
