// A started bot: `npm start` as people start it, a process of its own, spoken to over its page.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export const botProgram = join(import.meta.dirname, '../src/bot.ts')

export interface StartedBot {
  readonly process: ChildProcess
  readonly said: () => string
  readonly logged: () => string
  readonly page: string
  readonly health: string
}

export interface Bots {
  /** Settled once it is ready, or has ended. */
  start(environment?: Record<string, string>): Promise<StartedBot>
  /** Those that still run. */
  kill(): void
}

/** @param home the folder of those that are not given another @param program what is started, if not a bot */
export function startBots(home: string, program = botProgram): Bots {
  const children = new Set<ChildProcess>()
  return {
    async start(environment = {}) {
      const child = spawn(process.execPath, [program], {
        env: { PATH: process.env['PATH'] ?? '', ZOETROPE_HOME: home, PORT: '0', HEALTH_PORT: '0', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      children.add(child)
      let said = ''
      let logged = ''
      child.stdout.on('data', (text: Buffer) => {
        said += text
      })
      child.stderr.on('data', (text: Buffer) => {
        logged += text
      })
      while (!/Ready\.|cannot draw yet\./.test(said) && child.exitCode === null)
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
      const page = /http:\/\/\S+:\d+(?=\s)/.exec(said.replace(/^Health.*$/m, ''))?.[0] ?? ''
      const health = /http:\/\/\S+(?=\/metrics)/.exec(said)?.[0] ?? ''
      return { process: child, said: () => said, logged: () => logged, page, health }
    },

    kill() {
      for (const child of children) child.kill('SIGKILL')
      children.clear()
    },
  }
}

/** @returns its exit code */
export async function stop({ process: child }: StartedBot): Promise<number | null> {
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

export interface PageMessage {
  readonly event: string
  readonly body: {
    readonly kind: string
    readonly tone?: string
    readonly text?: string
    readonly quote?: string
    readonly facts?: readonly { readonly label: string; readonly value: string }[]
  }
}

export interface PageVisitor {
  /** @returns the event that its answers carry */
  say(text: string): Promise<string>
  messages(): Promise<readonly PageMessage[]>
  get(path: string): Promise<Uint8Array>
  signIn(token: string): Promise<void>
}

/** @param cookie of somebody who was here before */
export async function visit(page: string, cookie = ''): Promise<PageVisitor> {
  const headers = { origin: page, cookie, 'content-type': 'application/json' }
  async function post(path: string, body: object, status: number): Promise<void> {
    const response = await fetch(`${page}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(response.status, status, await response.text())
    const given = response.headers.getSetCookie().map((one) => one.split(';')[0]!)
    headers.cookie = [headers.cookie, ...given].filter(Boolean).join('; ')
  }
  await post('hello', {}, 200)
  const prefix = Math.random().toString(36).slice(2, 10).padEnd(8, '0')
  let events = 0
  return {
    async say(text) {
      const event = `event${prefix}${events++}`
      await post('say', { kind: 'text', text, locale: 'en', event }, 202)
      return event
    },
    messages: async () => (await (await fetch(`${page}/api/messages`, { headers })).json()) as PageMessage[],
    get: async (path) => (await fetch(new URL(path, page), { headers })).bytes(),
    signIn: (token) => post('sign-in', { token }, 200),
  }
}
