// A deferred response: the one response to what a person did, acknowledged when it takes long, so that the platform keeps its address open.

import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { Audience, Outgoing } from '../contract/outgoing.ts'
import type { Platform } from '../contract/platform.ts'
import { responseNonce } from './nonce.ts'
import { retry } from './pacing/retry.ts'

export interface DeferredResponse {
  /** Who will read it, as far as is known. */
  expect(audience: Audience): void
  /** From here on the response is on its way and is not acknowledged any more. */
  ready(): Promise<void>
  /**
   * Shown once, though tried again where the platform's word of it was lost.
   * @throws where the platform cannot be reached for long, or refuses it
   */
  post(outgoing: Outgoing): Promise<void>
  open(dialog: () => Promise<void>): Promise<void>
  close(): void
}

/** Later nobody waits for it. */
const giveUpAfterMs = 15_000

export function createDeferredResponse(platform: Platform, incoming: Incoming, clock: Clock, log: Log): DeferredResponse {
  const { address } = incoming
  let audience: Audience = 'asker'
  let acknowledging: Promise<void> = Promise.resolve()
  const callOff = clock.after(platform.limits.responseMs / 2, () => {
    acknowledging = platform.acknowledge(address, audience).catch((err: unknown) => log.warn({ err }, 'could not be acknowledged'))
  })
  const never = new AbortController().signal
  let posts = 0
  const onTrouble = (err: unknown, retryInMs: number) => log.warn({ err, retryInMs }, 'an answer is tried again')
  function ready(): Promise<void> {
    callOff()
    return acknowledging
  }
  return {
    expect(expected) {
      audience = expected
    },
    ready,
    async post(outgoing) {
      await ready()
      const once = { ...outgoing, nonce: responseNonce(incoming, posts++) }
      await retry(() => platform.post(address, once), { clock, signal: never, giveUpAfterMs, onTrouble })
    },
    async open(dialog) {
      await ready()
      await dialog()
    },
    close: callOff,
  }
}
