// Ends of attempts: the run is answered, or placed again; what it left at the host and in Redis is cleared away in its time.

import { queueName, runKey } from '../../protocol/keys.ts'
import type { Recent } from '../../recent.ts'
import type { Delivered } from '../delivered.ts'
import type { HostQueues } from '../hosts/host-queue.ts'
import type { HostRegistry } from '../hosts/host-registry.ts'
import type { Placements } from '../hosts/placements.ts'
import { type LostRun, lostTwice, noHostHolds, reasonsAgainst } from '../refusals.ts'
import { type Placed, type RemoteRun, rejectRun } from '../runs/remote-run.ts'
import { attemptAt, type RunEvent } from '../runs/run-event.ts'

export interface AttemptEnds {
  /** It has come to what is kept until whoever asked has surely written it down. @param sha256 of its animation @param well as it was meant to */
  conclude(run: RemoteRun, end: { readonly well: boolean; readonly sha256?: string }): void
  /** Whoever asked was answered meanwhile. @param sha256 of its animation */
  endUnwanted(run: RemoteRun, sha256?: string): void
  /** The attempt was not begun, and is made again in its turn. */
  again(run: RemoteRun, handedBack: number, cause?: unknown): void
  /** Its host gives it back: another may do it. */
  handBack(run: RemoteRun): void
  /** The attempt was begun, and has come to nothing. */
  lose(run: RemoteRun, loss: LostRun): void
}

export interface AttemptEndsParts {
  /** By `runKey`, those that are at a host. */
  readonly placed: Map<string, RemoteRun>
  /** Keys of attempts that are over. */
  readonly over: Recent
  readonly registry: Pick<HostRegistry, 'all'>
  readonly queues: Pick<HostQueues, 'revoke'>
  readonly placements: Pick<Placements, 'write'>
  readonly delivered: Delivered
  /** To be placed again, before whoever came later. */
  readonly onAgain: (run: RemoteRun) => void
  /** A slot may be free. */
  readonly onOver: () => void
  /** For the operator. */
  readonly onTrouble: (sentence: string) => void
  readonly onError: (error: unknown) => void
  readonly onEvent: (event: RunEvent) => void
}

/** An attempt that was lost is made up for once. */
const mostLost = 2
/** Attempts that were never begun cost nobody anything, but something is wrong with so many. */
const mostHandedBack = 30

export function createAttemptEnds(parts: AttemptEndsParts): AttemptEnds {
  const { placed, over, registry, queues, placements, delivered, onAgain, onOver, onTrouble, onError, onEvent } = parts

  function handBack(run: RemoteRun): void {
    onEvent({ kind: 'handed-back', ...attemptAt(run.where!, runKey(run)) })
    const reasons = run.avoid.size > 0 ? reasonsAgainst(registry.all(), run.needs, run.avoid) : undefined
    if (reasons) {
      conclude(run, { well: false })
      rejectRun(run, noHostHolds(run.needs.lane, reasons))
      onOver()
      return
    }
    again(run, run.handedBack + 1)
  }

  function again(run: RemoteRun, handedBack: number, cause?: unknown): void {
    const { host } = endAttempt(run, { well: false })
    run.handedBack = handedBack
    if (run.answered) {
      passOver(run, host)
      return
    }
    if (handedBack > mostHandedBack) rejectRun(run, new Error('no GPU host takes it', { cause }))
    else onAgain(run)
    // What has just failed is not tried again at once.
    if (cause === undefined) onOver()
  }

  function lose(run: RemoteRun, loss: LostRun): void {
    const key = runKey(run)
    const where = endAttempt(run, { well: false })
    onEvent({ kind: 'lost', ...attemptAt(where, key), ...loss })
    if (run.answered) {
      passOver(run, where.host)
      return
    }
    run.lost++
    const [what, anew] = run.needs.lane === 'drawing' ? ['render', 'is begun anew'] : ['training', 'goes on elsewhere']
    const next = run.lost < mostLost ? anew : 'is given up'
    onTrouble(`A ${what} on GPU host ${where.name} was lost (${loss.how}); it ${next}.`)
    if (run.lost < mostLost) {
      queues.revoke(queueName(where.host, run.needs.lane), key).catch(onError)
      placements.write(run.id, { attempt: run.attempt, lost: run.lost }).catch(onError)
      onAgain(run)
    } else {
      delivered.add(run, where.host)
      rejectRun(run, lostTwice(run.needs.lane, loss))
    }
    onOver()
  }

  function conclude(run: RemoteRun, { well, sha256 }: Parameters<AttemptEnds['conclude']>[1]): void {
    const { host } = endAttempt(run, { well })
    delivered.add(run, host, sha256)
  }

  /** Nobody waits for what has become of it: nothing is kept, unless the next bot may want it. */
  function passOver(run: RemoteRun, host: string, sha256?: string): void {
    if (run.abandoned) delivered.clear(run, host, sha256).catch(onError)
    onOver()
  }

  function endAttempt(run: RemoteRun, { well }: { readonly well: boolean }): Placed {
    const where = run.where!
    where.watch?.end(well)
    run.where = undefined
    placed.delete(runKey(run))
    over.add(runKey(run))
    return where
  }

  return {
    conclude,
    endUnwanted: (run, sha256) => passOver(run, endAttempt(run, { well: false }).host, sha256),
    again,
    handBack,
    lose,
  }
}
