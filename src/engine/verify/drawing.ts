// End-to-end verification, against what another program drew: noise, the latents after each step, the frames.
// F frames  C channels  h w latent sides  H W pixels  L tokens  D token width

import { type Comparison, compare } from '../arrays/comparison.ts'
import { swapAxes } from '../arrays/swap-axes.ts'
import type { Frames } from '../frames.ts'
import { type Generator, torchGenerator } from '../noise.ts'
import { type Context, denoise } from '../pipeline/denoise.ts'
import type { Model } from '../pipeline/model/model.ts'
import { createNets } from '../pipeline/nets.ts'
import { encodePrompts } from '../pipeline/prompt/prompt-context.ts'
import { createRunner } from '../pipeline/runner.ts'
import { createSessions } from '../runtime/sessions.ts'
import { createSampler } from '../samplers/create-sampler.ts'
import { type Schedule, scheduleFor } from '../samplers/schedule.ts'
import type { Chunk } from '../text/chunks.ts'
import { paddedIds } from './nets.ts'
import type { ReferenceTensors } from './reference-tensors.ts'
import type { TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'

/** From a given noise, six steps or however many the references have: `pipeline.*`, of the frames the first or all. */
export async function* checkPipeline(
  model: Model,
  prompts: readonly string[],
  references: ReferenceTensors,
  session: TestSession,
): AsyncGenerator<Comparison> {
  const steps = references.shape('pipeline.timesteps')[0]!
  const [, , C, frames, h, w] = references.shape('pipeline.latents_per_step') as [number, number, number, number, number, number]
  const schedule = scheduleFor(model.motion?.architecture ?? null, { steps, guidance: Number(references.metadata.get('guidance') ?? 7.5) })
  yield compare('pipeline.timesteps', 'differing', createSampler(schedule.sampler).timesteps, references.values('pipeline.timesteps'), 0)

  const generator: Generator = { normal: () => references.values('pipeline.noise') }
  const wanted = { prompt: prompts[0] ?? '', negative: prompts.at(-1) ?? '', frames, latentShape: [C, h, w], schedule, generator } as const
  const drawn = await draw(session, model, wanted)
  const tolerance = tolerancesFor(session.target)
  const expected = references.values('pipeline.latents_per_step')
  for (const [i, latents] of drawn.latents.entries()) {
    const reference = expected.subarray(i * latents.length, (i + 1) * latents.length)
    yield compare(`pipeline.latents_per_step[${i}]`, 'relative', latents, reference, tolerance.latents)
  }
  if (references.has('pipeline.frames')) {
    const shown = references.values('pipeline.frames')
    yield compare('pipeline.frames', 'mean', planes(drawn.frames).subarray(0, shown.length), shown, tolerance.frames)
  }
}

/** What a model folder draws from a prompt and a seed: ids, text output, noise, latents after the first and the last step, frames. */
export async function* checkModelFolder(model: Model, references: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const setting = (key: string): string => references.metadata.get(key) ?? ''
  const [prompt, negative] = [setting('prompt'), setting('negative')]
  const [, C, frames, h, w] = references.shape('latents') as [number, number, number, number, number]
  const wantedSchedule = { steps: Number(setting('steps')), guidance: Number(setting('guidance')) }
  const schedule = scheduleFor(model.motion?.architecture ?? null, wantedSchedule)
  const seed = BigInt(setting('seed'))

  const [, L] = references.shape('ids') as [number, number]
  const ids = [negative, prompt].flatMap((text) => [...paddedIds(model.tokenizer, text, L)])
  yield compare('ids', 'differing', ids, references.values('ids'), 0)
  yield compare('noise', 'largest', torchGenerator(seed).normal(C * frames * h * w), references.values('noise'), 1e-6)

  const drawn = await draw(session, model, { prompt, negative, frames, latentShape: [C, h, w], schedule, generator: torchGenerator(seed) })
  const tolerance = tolerancesFor(session.target)
  const { negative: away, parts } = drawn.context
  const context = [...away, ...parts[0]!.context]
  yield compare('context', 'relative', context, references.values('context'), tolerance.net)
  yield compare('latents_after_1', 'relative', drawn.latents[0]!, references.values('latents_after_1'), tolerance.latents)
  yield compare('latents', 'relative', drawn.latents.at(-1)!, references.values('latents'), tolerance.latents)
  const bytes = references.values('frames').map((byte) => byte / 255)
  yield compare('frames', 'mean', planes(drawn.frames), bytes, tolerance.frames)
}

interface Wanted {
  readonly prompt: string
  readonly negative: string
  readonly frames: number
  /** [C, h, w] */
  readonly latentShape: readonly [number, number, number]
  readonly generator: Generator
  readonly schedule: Schedule
}

interface Drawn {
  readonly context: Context<Float32Array>
  /** After each step, [C, F, h, w]. */
  readonly latents: readonly Float32Array[]
  readonly frames: Frames
}

async function draw(session: TestSession, model: Model, wanted: Wanted): Promise<Drawn> {
  const { prompt, negative, frames, latentShape, schedule, generator } = wanted
  const [C, h, w] = latentShape
  const { factor } = model.vae.architecture
  const sessions = createSessions({ budgetBytes: 0, load: session.load })
  const { target, vaeTarget } = session
  const keys = { text: '', unet: '', motion: '', vae: '', control: '' }
  const size = { frames, width: w * factor, height: h * factor }
  const nets = createNets(model, size, { runner: createRunner(sessions), target, vaeTarget, keys })
  try {
    const encode = ({ ids }: Chunk) => nets.encodeText(ids, 1)
    const [context] = (await encodePrompts(encode, model.tokenizer, { prompt, negative, calls: 1 })) as [Context<Float32Array>]
    const latents: Float32Array[] = []
    const loop = denoise(nets, () => context, latentShape, { frames, schedule, generator })
    let turn = await loop.next()
    for (; !turn.done; turn = await loop.next()) latents.push(swapAxes(turn.value.latents, [1, frames, C, h * w]))
    return { context, latents, frames: await nets.decode(turn.value) }
  } finally {
    await sessions.release()
  }
}

/** Bytes [F, H, W, 3] → 0..1, [F, 3, H, W]. */
const planes = ({ count, width, height, data }: Frames): Float32Array =>
  swapAxes(
    Float32Array.from(data, (byte) => byte / 255),
    [count, width * height, 3, 1],
  )
