// A training in a process of its own, as people start one, which may be killed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Ended {
  readonly code: number | null
  readonly said: string
}

export interface Killed {
  readonly afterMs: number
  readonly signal: NodeJS.Signals
}

/** Any command of the terminal, with a home of its own. */
export const zoetropeIn =
  (home: string) =>
  async (args: readonly string[], killed?: Killed): Promise<Ended> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/zoetrope.js'), ...args], {
      env: { ...process.env, ZOETROPE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text))
    const timer = killed && setTimeout(() => child.kill(killed.signal), killed.afterMs)
    const [code] = (await once(child, 'close')) as [number | null]
    clearTimeout(timer)
    return { code, said }
  }
