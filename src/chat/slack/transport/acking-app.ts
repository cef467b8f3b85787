// An acknowledging app: Bolt, but every event is acknowledged: also one that nobody listens to and one that makes Bolt stumble. Slack stops sending
// to an app that leaves too many without an answer, and in Socket Mode Bolt itself never gives up on one.

import { App, type AppOptions, type ReceiverEvent } from '@slack/bolt'
import { createInFlight } from '../../in-flight.ts'
import type { RedactedLog } from '../api/redacted-log.ts'

export class AckingApp extends App {
  readonly #log: RedactedLog
  readonly #inFlight = createInFlight()
  #closed = false

  constructor(options: AppOptions, log: RedactedLog) {
    super(options)
    this.#log = log
    this.error(async (error) => log.error({ err: error }, 'an event of Slack could not be worked on'))
  }

  override async processEvent(event: ReceiverEvent): Promise<void> {
    if (this.#closed) return
    await this.#inFlight.track(this.#work(event))
  }

  /** Takes no more, and resolves when everything that was taken is done with. What comes now is sent again by Slack. */
  async drain(): Promise<void> {
    this.#closed = true
    await this.#inFlight.settled()
  }

  async #work(event: ReceiverEvent): Promise<void> {
    let acknowledged = false
    const ack = async (response?: unknown) => {
      if (acknowledged) return
      acknowledged = true
      // a socket that closes just now takes none; what was asked is done all the same
      await event.ack(response).catch((error: unknown) => this.#log.warn({ err: error }, 'an event could not be acknowledged'))
    }
    try {
      await super.processEvent({ ...event, ack })
    } catch (error) {
      this.#log.warn({ err: error }, 'Slack sent something that Bolt does not understand')
    } finally {
      await ack()
    }
  }
}
