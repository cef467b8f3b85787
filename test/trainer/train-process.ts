// A training in a process of its own, as people start one, which may be killed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Ended {
  readonly code: number | null
  readonly said: string
}

export interface Killed {
  /** What it said so far. */
  readonly once: (said: string) => boolean
  readonly signal: NodeJS.Signals
}

/** The last step that it told, by its bar. */
export const stepIn = (said: string): number => Number([...said.matchAll(/training [^\r\n]* (\d+)\/\d+ loss/g)].at(-1)?.[1] ?? 0)

/** Any command of the terminal, with a home of its own. */
export const zoetropeIn =
  (home: string) =>
  async (args: readonly string[], killed?: Killed): Promise<Ended> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/zoetrope.js'), ...args], {
      env: { ...process.env, ZOETROPE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        said += text
        if (killed?.once(said) && !child.killed) child.kill(killed.signal)
      })
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, said }
  }
