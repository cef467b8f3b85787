// Stored values: one for each key, of a shape that is checked when it is read, since what an older version wrote may lack something.

import type Keyv from 'keyv'
import type { z } from 'zod'
import { keyedSerial } from '../../keyed-serial.ts'
import type { StoredValue } from '../contract/command-context.ts'

/** What no longer fits the schema counts as never said. */
export function storedValues<T>(space: Keyv<unknown>, schema: z.ZodType<T>): { of(key: string): StoredValue<T> } {
  const inTurn = keyedSerial()

  async function get(key: string): Promise<T> {
    const { data, success } = schema.safeParse((await space.get(key)) ?? {})
    return success ? data : schema.parse({})
  }

  /** What says nothing takes no place. */
  async function set(key: string, value: T): Promise<void> {
    if (isEmpty(value)) await space.delete(key)
    else await space.set(key, value)
  }

  return {
    of: (key) => ({
      get: () => get(key),
      set: (value) => inTurn(key, () => set(key, value)),
      update: (change) =>
        inTurn(key, async () => {
          const changed = await change(await get(key))
          if (changed !== undefined) await set(key, changed)
          return changed
        }),
    }),
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => one === undefined)
}
