// Placements (a record in Redis): which host renders what the bot has handed out, so that a bot that comes back takes up what its hosts
// have made meanwhile instead of having it made again.

import type { Redis } from 'ioredis'
import { keys } from '../../protocol/keys.ts'
import { type Placement, placementSchema } from '../../protocol/messages/placement.ts'
import { NotAuthentic, type Signature } from '../../protocol/signature.ts'

export interface Placements {
  write(id: string, placement: Placement): Promise<void>
  /** Undefined where there is none, or somebody else wrote it. */
  read(id: string): Promise<Placement | undefined>
  forget(id: string): Promise<void>
}

/** A bot that stays away longer begins anew. */
export const keptMs = 24 * 3_600_000

export function createPlacements(redis: Redis, signature: Signature): Placements {
  return {
    async write(id, placement) {
      await redis.set(keys.placement(id), signature.sign('placement', { ...placement, id }, keptMs), 'PX', keptMs)
    },
    async read(id) {
      const text = await redis.get(keys.placement(id))
      if (text === null) return undefined
      try {
        const { id: of, ...placement } = signature.open('placement', text, placementSchema).body
        return of === id ? placement : undefined
      } catch (error) {
        if (error instanceof NotAuthentic) return undefined
        throw error
      }
    },
    async forget(id) {
      await redis.del(keys.placement(id))
    },
  }
}
