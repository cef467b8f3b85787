// Requests for tests: small, and different only where it matters.

import type { Ask, Owner } from '../../src/jobs/job.ts'
import type { Limits } from '../../src/jobs/limits/limits.ts'
import type { AnimationRequest } from '../../src/jobs/request.ts'

export const noLimits: Limits = { person: {}, space: {}, all: {} }

/** 64 units of cost for each frame. */
export function requestOf(changes: Partial<AnimationRequest> = {}): AnimationRequest {
  return {
    prompt: 'a cat',
    negative: '',
    width: 8,
    height: 8,
    frames: 1,
    fps: 8,
    steps: 1,
    guidance: 7,
    seed: '1',
    clipSkip: 1,
    format: 'webp',
    ...changes,
  }
}

let seeds = 0

/** Something that nobody else asks for, where no seed is given. */
export function askOf(person: string, { space = 's', ...changes }: Partial<AnimationRequest> & { readonly space?: string } = {}): Ask {
  return { request: requestOf({ seed: `${1000 + seeds++}`, ...changes }), owner: ownerOf(person, space), address: { channel: space } }
}

export function ownerOf(person: string, space = 's'): Owner {
  return { platform: 'test', space, person }
}
