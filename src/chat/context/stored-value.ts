// Stored values: one for each key, of a shape that is checked when it is read, since what an older version wrote may lack something.

import type Keyv from 'keyv'
import type { z } from 'zod'
import type { StoredValue } from '../contract/command-context.ts'

/** What no longer fits the schema counts as never said. */
export function storedValues<T>(space: Keyv<unknown>, schema: z.ZodType<T>): { of(key: string): StoredValue<T> } {
  return {
    of: (key) => ({
      async get() {
        const { data, success } = schema.safeParse((await space.get(key)) ?? {})
        return success ? data : schema.parse({})
      },
      set: async (value) => void (await space.set(key, value)),
    }),
  }
}
