// Attempts: how a run is placed at a GPU host, looked at, and what comes of it. What BullMQ holds is the truth; what hosts say only
// tells when to look at it.

import { omitUndefined } from '../../../omit-undefined.ts'
import { readContent } from '../../content-store/checked-content.ts'
import { type ContentStore, NotStored, WrongContent } from '../../content-store/content-store.ts'
import { errorOf } from '../../local/protocol.ts'
import type { Watchdog } from '../../watchdog.ts'
import { queueName } from '../protocol/keys.ts'
import { outcomeSchema, type RunOutcome } from '../protocol/messages.ts'
import { unpackAnimations } from '../protocol/packed-animations.ts'
import { NotAuthentic, type Signature } from '../protocol/signature.ts'
import type { Recent } from '../recent.ts'
import type { Delivered } from './delivered.ts'
import type { FileSender } from './file-sender.ts'
import type { HostQueues } from './host-queue.ts'
import type { HostRegistry, KnownHost } from './host-registry.ts'
import { type AttemptView, judgeAttempt } from './judge-attempt.ts'
import type { Placements } from './placements.ts'
import { type LostRun, lostTwice, noHostHolds } from './refusals.ts'
import { type Placed, type RemoteRun, rejectRun, resolveRun, runKey } from './remote-run.ts'

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

export interface AttemptsParts {
  readonly registry: Pick<HostRegistry, 'all' | 'get'>
  readonly queues: Pick<HostQueues, 'add' | 'look' | 'revoke'>
  readonly placements: Placements
  readonly sender: FileSender
  readonly store: Pick<ContentStore, 'get'>
  readonly delivered: Delivered
  readonly signature: Signature
  /** Keys of attempts that are over. */
  readonly over: Recent
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
  /** To be placed again, before whoever came later. */
  readonly onAgain: (run: RemoteRun) => void
  /** A slot may be free. */
  readonly onOver: () => void
  /** A host leaves lying what it was given. */
  readonly onIdle: (host: string) => void
  /** For the operator. */
  readonly onTrouble: (sentence: string) => void
  readonly onError: (error: unknown) => void
  readonly onEvent: (event: RunEvent) => void
}

/** For whoever counts: of one attempt, at the host of that id and name. */
export type RunEvent = { readonly host: string; readonly name: string; readonly run: string } & (
  | { readonly kind: 'placed' }
  | { readonly kind: 'handed-back' }
  | ({ readonly kind: 'lost' } & LostRun)
  | { readonly kind: 'ended'; readonly device?: string; readonly renderMs?: number; readonly stepMs?: readonly number[] }
)

/** An attempt that was lost is made up for once. */
const mostLost = 2
/** Attempts that were never begun cost nobody anything, but something is wrong with so many. */
const mostHandedBack = 30
/** No render waits and runs for longer. */
const orderValidMs = 24 * 3_600_000

export function createAttempts(parts: AttemptsParts): Attempts {
  const { registry, queues, placements, sender, store, delivered, signature, over, isGone, isUp, now, isOverdue } = parts
  const { watchdog, onAgain, onOver, onIdle, onTrouble, onError, onEvent } = parts
  const placed = new Map<string, RemoteRun>()
  const about = ({ host, name }: Placed, run: string) => ({ host, name, run })

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
        again(run, run.handedBack)
        return
      }
      await placements.write(run.id, { attempt: run.attempt, host, lost: run.lost })
      where.phase = 'placed'
      await queues.add(queueName(host, run.needs.lane), key, signature.sign('order', { ...body, run: key, host }, orderValidMs))
      onEvent({ kind: 'placed', ...about(where, key) })
    } catch (error) {
      onError(error)
      // Once placed, whether it was added after all shows when it is looked at.
      if (where.phase === 'sending') again(run, isUp() ? run.handedBack + 1 : run.handedBack, error)
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
      lose(run, { of: 'host', how: verdict.how })
      return
    }
    if (view.host === 'there') {
      onTrouble(`GPU host ${where.name} does not take what it was given; it goes to another.`)
      onIdle(where.host)
    }
    again(run, run.handedBack + 1)
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
    if (run.where === where) lose(run, { of: 'hung', how: `no step for ${Math.round(silentMs / 1000)} s` })
  }

  async function settle(run: RemoteRun, where: Placed, value: unknown): Promise<void> {
    const outcome = read(run, value)
    if (outcome instanceof NotAuthentic) {
      lose(run, { of: 'host', how: `its outcome ${outcome.message}` })
      return
    }
    const sha256 = outcome.kind === 'done' ? outcome.animation.sha256 : undefined
    if (run.answered) {
      endAttempt(run)
      passOver(run, where.host, sha256)
      return
    }
    const { host } = where
    const key = runKey(run)
    switch (outcome.kind) {
      case 'done': {
        const bytes = await bytesOf(outcome.animation)
        const animations = bytes && unpackAnimations(bytes, outcome)
        if (run.where !== where) return
        if (!animations) {
          lose(run, { of: 'host', how: 'its result was lost' })
          return
        }
        const { notes, closing, stepMs, renderMs, device } = outcome
        onEvent({ kind: 'ended', ...about(where, key), device, renderMs, stepMs })
        conclude(run, sha256)
        resolveRun(run, {
          ...animations,
          notes,
          stepMs,
          renderMs,
          ...omitUndefined({ closing }),
        })
        break
      }
      case 'warm':
        conclude(run)
        resolveRun(run, undefined)
        break
      case 'learned': {
        const kept = await run.onSnapshot?.(outcome.snapshot)
        if (run.where !== where) return
        if (!kept) {
          lose(run, { of: 'host', how: 'its result was lost' })
          return
        }
        onEvent({ kind: 'ended', ...about(where, key) })
        conclude(run)
        resolveRun(run, undefined)
        break
      }
      case 'failed':
        onEvent({ kind: 'ended', ...about(where, key) })
        conclude(run)
        rejectRun(run, errorOf(outcome.failure))
        break
      case 'died':
        lose(run, { of: 'process', cause: outcome.cause, how: outcome.how })
        return
      case 'missing':
        onTrouble(`GPU host ${where.name} could not get a file: ${outcome.why}`)
        run.avoid.add(host)
        handBack(run, where)
        return
      case 'stopped':
        if (outcome.snapshot) await run.onSnapshot?.(outcome.snapshot)
        if (run.where !== where) return
        handBack(run, where)
        return
    }
    onOver()
  }

  function read(run: RemoteRun, value: unknown): RunOutcome | NotAuthentic {
    try {
      const { body } = signature.open('outcome', value, outcomeSchema)
      return body.run === runKey(run) ? body : new NotAuthentic(`is that of ${body.run}`)
    } catch (error) {
      if (error instanceof NotAuthentic) return error
      throw error
    }
  }

  async function bytesOf(content: { readonly sha256: string; readonly bytes: number }): Promise<Uint8Array | undefined> {
    try {
      return await readContent(store, content)
    } catch (error) {
      if (error instanceof NotStored || error instanceof WrongContent) return undefined
      throw error
    }
  }

  function handBack(run: RemoteRun, where: Placed): void {
    onEvent({ kind: 'handed-back', ...about(where, runKey(run)) })
    if (registry.all().every((one) => run.avoid.has(one.host)) && run.avoid.size > 0) {
      conclude(run)
      rejectRun(run, noHostHolds(run.needs.lane, ['could not get its files']))
      onOver()
      return
    }
    again(run, run.handedBack + 1)
  }

  /** The attempt was not begun, and is made again in its turn. */
  function again(run: RemoteRun, handedBack: number, cause?: unknown): void {
    const { host } = endAttempt(run)
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

  /** The attempt was begun, and has come to nothing. */
  function lose(run: RemoteRun, loss: LostRun): void {
    const key = runKey(run)
    const where = endAttempt(run)
    onEvent({ kind: 'lost', ...about(where, key), ...loss })
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

  function conclude(run: RemoteRun, sha256?: string): void {
    const { host } = endAttempt(run)
    delivered.add(run, host, sha256)
  }

  /** Nobody waits for what has become of it: nothing is kept, unless the next bot may want it. */
  function passOver(run: RemoteRun, host: string, sha256?: string): void {
    if (run.abandoned) delivered.clear(run, host, sha256).catch(onError)
    onOver()
  }

  function endAttempt(run: RemoteRun): Placed {
    const where = run.where!
    where.watch?.end()
    run.where = undefined
    placed.delete(runKey(run))
    over.add(runKey(run))
    return where
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
