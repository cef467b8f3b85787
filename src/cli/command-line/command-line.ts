// The command line, as a command sees it: where its words go, when to stop, and how it was called.

import type { Output } from '../terminal/output.ts'

export interface CommandLine {
  readonly output: Output
  /** Aborted by Ctrl+C: whoever changed the terminal puts it back, whoever began a file takes it away. */
  readonly signal: AbortSignal
  /** What stands before `animate …` in a command that people are told to run. */
  readonly prefix: string
}
