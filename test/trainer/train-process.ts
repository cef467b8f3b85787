// A training in a process of its own, as people start one, which may be killed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ended {
  readonly code: number | null
  readonly said: string
}

export interface Killed {
  /** Asked again and again. */
  readonly once: () => boolean
  readonly signal: NodeJS.Signals
}

/** Steps that a training has written the loss of. @param folder NAME.training */
export function stepsIn(folder: string): number {
  const losses = join(folder, 'losses.csv')
  return existsSync(losses) ? readFileSync(losses, 'utf8').split('\n').length - 2 : 0
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
    const timer = killed && setInterval(() => killed.once() && !child.killed && child.kill(killed.signal), 5)
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(timer)
    return { code, said }
  }
