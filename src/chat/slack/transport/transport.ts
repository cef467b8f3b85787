// A transport: how Slack's events come in: by a socket that we open, or a port that it calls.

import type { Receiver } from '@slack/bolt'

export interface Transport {
  /** For Bolt. It starts nothing: `open` does, when everybody listens. */
  readonly receiver: Receiver
  /**
   * @returns how Slack reaches the bot, for the operator
   * @throws UserError
   */
  open(): Promise<string>
  /** No event comes in any more; those that have can still be acknowledged until `close`. */
  shut(): void | Promise<void>
  close(): Promise<void>
  trouble(): string | undefined
}
