// The terminal, held to what every platform must do, as far as it goes: lines are written to its input, and what it prints is read as a person
// reads it: what stands under a name last is what holds.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { commandText } from '../../../src/chat/contract/command-text.ts'
import type { Receiver } from '../../../src/chat/contract/platform.ts'
import { createTerminal } from '../../../src/chat/terminal/index.ts'
import { type Harness, type Seen, testPlatform } from '../../suites/platform.ts'

testPlatform('the terminal', async (receiver): Promise<Harness> => {
  const folder = await mkdtemp(join(tmpdir(), 'zoetrope-terminal-'))
  let printed = ''
  let received: () => void = () => undefined
  const counting: Receiver = {
    complete: receiver.complete,
    async receive(incoming) {
      await receiver.receive(incoming)
      received()
    },
  }

  async function start() {
    const input = new PassThrough()
    const output = new PassThrough().setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    const platform = createTerminal({ input, output, folder })
    await platform.start(counting)
    return { platform, input }
  }
  let { platform, input } = await start()

  /** Types a line, and waits until what it says was received. */
  async function type(line: string): Promise<void> {
    const done = new Promise<void>((resolve) => {
      received = resolve
    })
    input.write(`${line}\n`)
    await done
  }
  const seen = (): Seen[] => [...messagesIn(printed)].map(([message, text]) => seenIn(message, text, folder))
  /** The last form that was printed: a line for each field, then the first question. */
  const formIn = () => /^(.+)\n((?:[a-z-]+: .*\n)+)[a-z-]+\?\n$/m.exec(printed)!

  return {
    circumstances: { people: ['ann'], asker: { admin: true, operator: true }, direct: true },
    without: {
      completion: 'a line arrives when it is whole',
      reactions: 'lines have none',
      'deletion by hand': 'what was printed cannot be taken back',
      'buttons after a restart': 'numbers of buttons are known to the process that printed them',
    },
    get platform() {
      return platform
    },
    speak: (_person, command, options) => type(commandText(`/${command}`, options as Parameters<typeof commandText>[1])),
    press: async (_person, message, label) => {
      const number = new RegExp(`^\\[(\\d+)\\] ${label}$`, 'm').exec(messagesIn(printed).get(message)!)![1]!
      await type(number)
    },
    async opened() {
      const [, title, lines] = formIn()
      const fields = lines!.matchAll(/^([a-z-]+): (.*)$/gm)
      return { title: title!, values: Object.fromEntries([...fields].map(([, name, value]) => [name!, value!])) }
    },
    async submit(_person, values) {
      const names = [...formIn()[2]!.matchAll(/^([a-z-]+):/gm)].map(([, name]) => name!)
      // the last line is the one that says it all
      for (const name of names.slice(0, -1)) input.write(`${values[name] ?? ''}\n`)
      await type(values[names.at(-1)!] ?? '')
    },
    seen: async () => seen(),
    pings: async () => 0,
    async restart() {
      await platform.stop()
      ;({ platform, input } = await start())
    },
    async close() {
      await platform.stop()
      await rm(folder, { recursive: true })
    },
    complete: async () => [],
    vanish: async () => undefined,
    react: async () => undefined,
  }
})

/** By name, what stands under it last; without those that were deleted. */
function messagesIn(printed: string): Map<string, string> {
  const messages = new Map<string, string>()
  for (const [, name, deleted, text] of printed.matchAll(/^(#[0-9a-f]{6})( ✗)?\n((?:(?!#[0-9a-f]{6}(?: ✗)?$).*\n)*)/gm)) {
    if (deleted) messages.delete(name!)
    else messages.set(name!, text!)
  }
  return messages
}

function seenIn(message: string, text: string, folder: string): Seen {
  const paths = text.split('\n').filter((line) => line.startsWith(folder))
  const isPicture = (path: string) => /\.(webp|gif|mp4)$/.test(path)
  return {
    message,
    text: text.replace(/^> /gm, ''),
    pictures: paths.filter(isPicture).map((path) => readFileSync(path)),
    files: paths.filter((path) => !isPicture(path)).map((path) => readFileSync(path)),
    buttons: [...text.matchAll(/^\[\d+\] (.*)$/gm)].map(([, label]) => label!),
  }
}
