// Simulated users: who they are, what each asks for and when, the same in every run. They ask again as soon as they may, so that there
// is always more to render than can be rendered.

import { join } from 'node:path'
import { requiredSettingsIn } from '../../draw-settings.ts'
import { modelDefaults } from '../../engine/index.ts'
import type { Owner } from '../../jobs/job.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import { pocket } from '../../paths.ts'

type Size = Pick<AnimationRequest, 'width' | 'height' | 'frames' | 'steps'>

/** Of the model that ships: nothing is drawn, so that only their number matters. */
export const usualSettings = requiredSettingsIn(modelDefaults({ checkpoint: pocket, motion: join(pocket, 'motion') }))

/** Small to large, in equal numbers for everybody, in an order of each user's own. */
export const sizes: readonly Size[] = [
  { width: 256, height: 256, frames: 8, steps: 12 },
  { width: 256, height: 256, frames: 16, steps: 25 },
  { width: 512, height: 384, frames: 16, steps: 12 },
  { width: 512, height: 512, frames: 16, steps: 20 },
]

/** Of one user at a time, waiting or running: more than the GPUs can take up. */
export const outstanding = 5

export interface SimulatedUser {
  readonly number: number
  readonly owner: Owner
  /** Of its requests, in this order. */
  readonly sizes: readonly Size[]
  /** When it comes: from 0 to 1 of the time in which everybody does. */
  readonly arrival: number
}

/** @param each how many requests one user has */
export function simulatedUsers(count: number, spaces: number, each: number, random: () => number): SimulatedUser[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    owner: { platform: 'bench', space: `s${number % spaces}`, person: `p${number}` },
    sizes: shuffled(
      Array.from({ length: each }, (_size, n) => sizes[n % sizes.length]!),
      random,
    ),
    arrival: random(),
  }))
}

export interface UserSession {
  /** Asks for everything, one after the other; resolves when the last is accepted. */
  run(ask: (request: AnimationRequest) => Promise<void>): Promise<void>
  /** One of its requests has ended. */
  freed(): void
}

/** Never more than `outstanding` requests at a time. */
export function createUserSession({ number, sizes: wanted }: SimulatedUser): UserSession {
  let open = 0
  let room = Promise.withResolvers<void>()
  return {
    async run(ask) {
      for (const [n, size] of wanted.entries()) {
        while (open >= outstanding) {
          room = Promise.withResolvers()
          await room.promise
        }
        open++
        await ask(requestOf(size, number, n))
      }
    },
    freed() {
      open--
      room.resolve()
    },
  }
}

export function requestOf(size: Size, user: number, n: number): AnimationRequest {
  const words = 'a red ball bouncing in a meadow while the sun goes down behind far blue hills'
  return { ...usualSettings, ...size, prompt: words, negative: 'text', seed: `${user * 1000 + n}`, format: 'webp' }
}

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let n = items.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1))
    ;[items[n], items[other]] = [items[other]!, items[n]!]
  }
  return items
}

/** S. K. Park and K. W. Miller, Random number generators: good ones are hard to find, 1988. From 0 to 1. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
