// The terminal adapter: lines in, text out, one person, who runs the bot. It shows how little an adapter needs.

import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { formats } from '../../animation-format.ts'
import type { Platform, PlatformLimits } from '../contract/platform.ts'
import { createInFlight } from '../in-flight.ts'
import { createPost, type Screen } from './post.ts'
import { incomingOf, saidBy } from './receive.ts'

export interface TerminalOptions {
  readonly input: Readable
  readonly output: Writable
  /** Where animations are written to. */
  readonly folder: string
  /** Each message as one line of JSON, for programs. */
  readonly json?: boolean
}

const lengths = { textChars: 8000, quoteChars: 2000, factChars: 1000, facts: 25, items: 10, buttons: 10, choices: 10 }
const files = { maxBytes: 100 * 1024 * 1024, formats, previews: false } as const
const limits: PlatformLimits = { responseMs: 60_000, edits: { perMinute: 12, per: 'message' }, ...files, ...lengths }

export function createTerminal({ input, output, folder, json = false }: TerminalOptions): Platform {
  const screen: Screen = { print: (line) => void output.write(`${line}\n`), folder, json, commands: [], fields: [] }
  const inFlight = createInFlight()
  let lines: Interface | undefined
  return {
    name: 'terminal',
    limits,
    ...createPost(screen),
    async start(receiver) {
      lines = createInterface({ input }).on('line', (line) => {
        const said = saidBy(line, screen)
        if (said) void inFlight.track(receiver.receive(incomingOf(said)))
      })
      return 'Terminal: type /animate and a sentence, the number of a button, or /help.'
    },
    async stop() {
      lines?.close()
      lines = undefined
      await inFlight.settled()
    },
    trouble: () => (lines ? undefined : 'The terminal is not read.'),
  }
}
