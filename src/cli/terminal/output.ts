// The output of a command: its result to standard output, as lines for people or as one JSON value for programs; notes and progress to
// standard error.

import { plainJson } from './plain-text.ts'

export interface Output {
  /** A line of the result; under --json `data` says it instead. */
  line(text: string): void
  /** The result as a whole, printed under --json alone. */
  data(value: unknown): void
  /** What a person should know beside the result; nothing under --quiet. */
  note(text: string): void
  readonly json: boolean
  readonly quiet: boolean
  /** JSON was printed: a program that reads it gets no second value. */
  readonly told: boolean
}

export interface OutputFlags {
  readonly json?: boolean
  readonly quiet?: boolean
}

export interface Streams {
  readonly out: (text: string) => unknown
  readonly err: (text: string) => unknown
}

/** @returns with `configure`, because flags are read after commands were declared with their output */
export function createOutput({ out, err }: Streams): Output & { configure(flags: OutputFlags): void } {
  let [json, quiet, told] = [false, false, false]
  return {
    configure(flags) {
      json = flags.json ?? false
      quiet = flags.quiet ?? false
    },
    line: (text) => void (json || out(`${text}\n`)),
    data(value) {
      if (!json) return
      told = true
      out(`${plainJson(value)}\n`)
    },
    note: (text) => void (quiet || err(`${text}\n`)),
    get json() {
      return json
    },
    get quiet() {
      return quiet
    },
    get told() {
      return told
    },
  }
}
