// Attempts: how a run is placed at a GPU host and looked at there. What BullMQ holds is the truth; what hosts say only tells when to look
// at it.

import type { Watchdog } from '../../../failures/watchdog.ts'
import { queueName, runKey } from '../../protocol/keys.ts'
import type { Signature } from '../../protocol/signature.ts'
import type { FileSender } from '../file-sender.ts'
import type { HostQueues } from '../hosts/host-queue.ts'
import type { HostRegistry, KnownHost } from '../hosts/host-registry.ts'
import type { Placed, RemoteRun } from '../runs/remote-run.ts'
import { attemptAt } from '../runs/run-event.ts'
import { type AttemptEndsParts, createAttemptEnds } from './attempt-ends.ts'
import { type AttemptView, judgeAttempt } from './judge-attempt.ts'
import { createSettleAttempt, type SettleAttemptParts } from './settle-attempt.ts'

export interface Attempts {
  /** By `runKey`, those that are at a host. */
  readonly placed: ReadonlyMap<string, RemoteRun>
  place(run: RemoteRun, host: KnownHost): Promise<void>
  /** An earlier bot has placed it. */
  takeUp(run: RemoteRun, host: string): void
  /** Its host works on it. */
  begun(run: RemoteRun): void
  /** Does whatever is due. */
  look(run: RemoteRun): Promise<void>
}

export interface AttemptsParts extends Omit<AttemptEndsParts, 'placed'>, Omit<SettleAttemptParts, 'ends'> {
  readonly registry: Pick<HostRegistry, 'all' | 'get'>
  readonly queues: Pick<HostQueues, 'add' | 'look' | 'revoke'>
  readonly sender: FileSender
  readonly signature: Signature
  /** Whether a host that is not known would be, if it were there. @param sinceMs it has been waited for */
  readonly isGone: (host: string, sinceMs: number) => boolean
  /** Whether Redis can be read and written just now. */
  readonly isUp: () => boolean
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  /** Whether that is longer ago than a message of Redis can be late. */
  readonly isOverdue: (heardMs: number) => boolean
  /** Of what a host that is there says nothing of: its own watchdog should have seen it long before. */
  readonly watchdog: Watchdog
  /** A host leaves lying what it was given. */
  readonly onIdle: (host: string) => void
}

/** No render waits and runs for longer. */
const orderValidMs = 24 * 3_600_000

export function createAttempts(parts: AttemptsParts): Attempts {
  const { registry, queues, placements, sender, signature, isGone, isUp, now, isOverdue } = parts
  const { watchdog, onIdle, onTrouble, onError, onEvent } = parts
  const placed = new Map<string, RemoteRun>()
  const ends = createAttemptEnds({ ...parts, placed })
  const settle = createSettleAttempt({ ...parts, ends })

  async function place(run: RemoteRun, { host, name, installed }: KnownHost): Promise<void> {
    run.attempt++
    const key = runKey(run)
    const where = newPlace(host, name, now())
    run.where = where
    placed.set(key, run)
    try {
      await sender.send(run.files, installed)
      const body = await run.order()
      if (run.answered || !registry.get(host)) {
        ends.again(run, run.handedBack)
        return
      }
      await placements.write(run.id, { attempt: run.attempt, host, lost: run.lost })
      where.phase = 'placed'
      await queues.add(queueName(host, run.needs.lane), key, signature.sign('order', { ...body, run: key, host }, orderValidMs))
      onEvent({ kind: 'placed', ...attemptAt(where, key) })
    } catch (error) {
      onError(error)
      // Once placed, whether it was added after all shows when it is looked at.
      if (where.phase === 'sending') ends.again(run, isUp() ? run.handedBack + 1 : run.handedBack, error)
    }
  }

  async function look(run: RemoteRun): Promise<void> {
    const { where } = run
    if (where?.phase !== 'placed' || where.looking || !isUp()) return
    where.looking = true
    try {
      const found = await queues.look(queueName(where.host, run.needs.lane), runKey(run))
      if (run.where === where) await follow(run, where, viewOf(run, where, found))
    } catch (error) {
      onError(error)
    } finally {
      where.looking = false
    }
  }

  function viewOf(run: RemoteRun, where: Placed, found: AttemptView['found']): AttemptView {
    const host = registry.get(where.host)
    const works = host?.runs.includes(runKey(run)) ?? false
    // What a host said before the last look says nothing new of it.
    if (works && found.state === 'active') where.missed = 0
    else if (found.state !== 'active' || host?.seq !== where.lookedAtSeq) where.missed++
    where.lookedAtSeq = host?.seq
    return {
      found,
      host: host ? 'there' : isGone(where.host, where.sinceMs) ? 'gone' : 'not heard of yet',
      begun: where.begun,
      missed: where.missed,
      overdue: where.missed > 2 && isOverdue(where.heardMs),
    }
  }

  async function follow(run: RemoteRun, where: Placed, view: AttemptView): Promise<void> {
    const verdict = judgeAttempt(view)
    if (verdict.kind === 'wait') return
    if (verdict.kind === 'settle') {
      await settle(run, where, verdict.value)
      return
    }
    if (verdict.revoke) {
      await queues.revoke(queueName(where.host, run.needs.lane), runKey(run))
      if (run.where !== where) return
    }
    if (verdict.kind === 'lose') {
      ends.lose(run, { of: 'host', how: verdict.how })
      return
    }
    if (view.host === 'there') {
      onTrouble(`GPU host ${where.name} does not take what it was given; it goes to another.`)
      onIdle(where.host)
    }
    ends.again(run, run.handedBack + 1)
  }

  function begun(run: RemoteRun): void {
    const where = run.where!
    where.begun = true
    where.heardMs = now()
    where.watch ??= watchdog.watch({ model: run.needs.model.style, request: run.needs.request }, (silentMs) => {
      hung(run, where, silentMs).catch(onError)
    })
  }

  async function hung(run: RemoteRun, where: Placed, silentMs: number): Promise<void> {
    if (run.where !== where) return
    await queues.revoke(queueName(where.host, run.needs.lane), runKey(run))
    if (run.where === where) ends.lose(run, { of: 'hung', how: `no step for ${Math.round(silentMs / 1000)} s` })
  }

  return {
    placed,
    place,
    takeUp(run, host) {
      // Whether it was begun nobody knows any more.
      run.where = { ...newPlace(host, registry.get(host)?.name ?? host, now()), phase: 'placed', begun: true }
      placed.set(runKey(run), run)
      void look(run)
    },
    begun,
    look,
  }
}

function newPlace(host: string, name: string, nowMs: number): Placed {
  return { host, name, sinceMs: nowMs, phase: 'sending', begun: false, heardMs: nowMs, seq: -1, missed: 0, looking: false }
}
