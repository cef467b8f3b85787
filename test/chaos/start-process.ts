// Starts a program of a test as a process of its own, and hears what it says.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface StartedProcess {
  readonly process: ChildProcess
  readonly exited: Promise<unknown>
  /** Lines so far. */
  readonly said: readonly string[]
  /** Resolves when it has said a line that begins so; rejects where it ends before. */
  until(line: string): Promise<string>
}

export function startProcess(program: string, options: unknown): StartedProcess {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const said: string[] = []
  const waiting = new Set<{ readonly line: string; readonly resolve: (line: string) => void; readonly reject: (error: Error) => void }>()
  let rest = ''
  child.stdout.on('data', (text: Buffer) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      said.push(line)
      for (const one of [...waiting]) if (line.startsWith(one.line) && waiting.delete(one)) one.resolve(line)
    }
  })
  child.stdin.on('error', () => undefined)
  child.on('exit', (code, signal) => {
    for (const one of waiting) one.reject(new Error(`${program} ended with ${signal ?? code} before it said ${one.line}`))
    waiting.clear()
  })
  return {
    process: child,
    exited,
    said,
    until(line) {
      const found = said.find((one) => one.startsWith(line))
      if (found !== undefined) return Promise.resolve(found)
      return new Promise((resolve, reject) => waiting.add({ line, resolve, reject }))
    },
  }
}
