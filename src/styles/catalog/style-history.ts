// Every change to every style, appended to and never rewritten. The styles there are follow from it.
// A change is written under the next number first, and counts only when `head` says so: a process that dies between the two
// leaves what was before, and the next change takes the number.

import type Keyv from 'keyv'
import type { Change } from './style-change.ts'

/** What lies in the key-value space: `head` a number, `1`, `2`, `3` … changes. */
export type Page = number | Change

export interface History {
  readonly changes: readonly Change[]
  /** Only one at a time. */
  append(change: Omit<Change, 'number'>): Promise<Change>
  /** Reads what another process has appended. @returns those changes */
  catchUp(): Promise<readonly Change[]>
}

const head = 'head'
/** Changes are read so many at a time. */
const batch = 500

export async function openHistory(space: Keyv<Page>): Promise<History> {
  const changes: Change[] = []

  async function catchUp(): Promise<readonly Change[]> {
    const known = changes.length
    const count = await space.get(head)
    if (typeof count !== 'number') return []
    for (let next = known + 1; next <= count; next = changes.length + 1) {
      const numbers = Array.from({ length: Math.min(batch, count - next + 1) }, (_, i) => String(next + i))
      for (const [i, page] of (await space.get(numbers)).entries()) {
        if (typeof page !== 'object') throw new Error(`the history of styles lacks change ${numbers[i]} of ${count}`)
        changes.push(page)
      }
    }
    return changes.slice(known)
  }

  async function write(key: string, page: Page): Promise<void> {
    if ((await space.set(key, page)) === false) throw new Error(`the history of styles could not be written (${key})`)
  }

  await catchUp()
  return {
    changes,
    catchUp,
    async append(change) {
      const whole: Change = { number: changes.length + 1, ...change }
      await write(String(whole.number), whole)
      await write(head, whole.number)
      changes.push(whole)
      return whole
    },
  }
}
