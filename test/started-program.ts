// A program of ours as people start it: a process of its own, and what it says. And a visitor of the bot's page, over HTTP.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface StartedProgram {
  readonly process: ChildProcess
  readonly said: () => string
  readonly logged: () => string
  readonly page: string
  readonly health: string
}

const children = new Set<ChildProcess>()

/** Resolves when it says that it is ready, or has ended. */
export async function startProgram(program: string, environment: Readonly<Record<string, string>>): Promise<StartedProgram> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', HEALTH_PORT: '0', ...environment },
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
  while (!said.includes('Ready.') && child.exitCode === null) await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  const page = /http:\/\/\S+:\d+(?=\s)/.exec(said.replace(/^Health.*$/m, ''))?.[0] ?? ''
  const health = /http:\/\/\S+(?=\/metrics)/.exec(said)?.[0] ?? ''
  return { process: child, said: () => said, logged: () => logged, page, health }
}

export async function stopProgram({ process: child }: StartedProgram): Promise<number | null> {
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

/** Of every program that was started here. */
export function killPrograms(): void {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
}

export interface ShownMessage {
  readonly kind?: string
  readonly [name: string]: unknown
}

export async function visitPage(page: string) {
  const hello = await fetch(`${page}/api/hello`, {
    method: 'POST',
    headers: { origin: page, 'content-type': 'application/json' },
    body: '{}',
  })
  assert.equal(hello.status, 200)
  const cookie = hello.headers
    .getSetCookie()
    .map((one) => one.split(';')[0]!)
    .join('; ')
  const headers = { origin: page, cookie, 'content-type': 'application/json' }
  let events = 0
  return {
    async say(text: string): Promise<void> {
      const body = JSON.stringify({ kind: 'text', text, locale: 'en', event: `event00${events++}` })
      const answer = await fetch(`${page}/api/say`, { method: 'POST', headers, body })
      assert.equal(answer.status, 202, await answer.text())
    },
    async messages(): Promise<readonly ShownMessage[]> {
      return (await (await fetch(`${page}/api/messages`, { headers })).json()) as ShownMessage[]
    },
    async get(path: string): Promise<Uint8Array> {
      return (await fetch(new URL(path, page), { headers })).bytes()
    },
  }
}
