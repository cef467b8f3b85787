// `zoetrope chat` as a person starts it: a process whose input is typed, the model that ships, an animation at the path that it prints.

import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { readSettings } from '../../src/media/inspect.ts'

const program = join(import.meta.dirname, '../../src/zoetrope.js')
const home = mkdtempSync(join(tmpdir(), 'zoetrope-chat-'))
const children = new Set<ChildProcessWithoutNullStreams>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})
after(() => rmSync(home, { recursive: true, force: true }))

function startChat() {
  const child = spawn(process.execPath, [program, 'chat'], { env: { PATH: process.env['PATH'] ?? '', ZOETROPE_HOME: home } })
  children.add(child)
  let printed = ''
  child.stdout.on('data', (text: Buffer) => {
    printed += text
  })
  const ended = once(child, 'exit')
  return {
    /** @returns the first match of it in what was printed, as soon as there is one */
    async read(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const match = pattern.exec(printed)
        if (match) return match
        await Promise.race([
          once(child.stdout, 'data'),
          ended.then(() => assert.fail(`the chat has ended without ${pattern}, after '${printed}'`)),
        ])
      }
    },
    type: (line: string) => void child.stdin.write(`${line}\n`),
    /** As Ctrl+D does. */
    async end(): Promise<number | null> {
      child.stdin.end()
      const [code] = (await ended) as [number | null]
      return code
    },
  }
}

test('a sentence becomes an animation at a path, and the number of a button presses it', { timeout: 240_000 }, async () => {
  const chat = startChat()
  await chat.read(/^Terminal: /) // the very first words: no port was opened, or its address would stand there
  chat.type('/animate a red ball frames:8 steps:2 seed:7')
  const [, path] = await chat.read(/^(\/.*\.webp)$/m)
  const { settings, frames } = readSettings(readFileSync(path!))
  assert.deepEqual({ frames, seed: (settings as { seed: string }).seed }, { frames: 8, seed: '7' })
  const [, again] = await chat.read(/^\[(\d+)\] Again$/m)
  chat.type(again!)
  await chat.read(/^\[\d+\] Cancel$[\s\S]*^\[\d+\] Cancel$/m)
  assert.equal(await chat.end(), 0)
})
