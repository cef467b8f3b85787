// Remote runs: from waiting for a slot over being placed at a GPU host to an end, whatever becomes of host, Redis or bot meanwhile. What
// BullMQ holds is the truth; what hosts say only tells when to look at it.

import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { readContent } from '../content-store/checked-content.ts'
import { type ContentStore, NotStored, WrongContent } from '../content-store/content-store.ts'
import { errorOf } from '../local/protocol.ts'
import type { Watchdog } from '../watchdog.ts'
import type { FileSender } from './file-sender.ts'
import type { HostQueues, JobLook } from './host-queue.ts'
import { type HostRegistry, type KnownHost, takesWork } from './host-registry.ts'
import { type HostCommand, type Order, outcomeSchema, type RunOutcome, type WireProgress } from './messages.ts'
import { pickHost, type RenderNeeds, whyNot } from './pick-host.ts'
import type { Placements } from './placements.ts'
import { type Placed, type RemoteRun, rejectRun, resolveRun, runKey, showProgress } from './remote-run.ts'
import { NotAuthentic, type Signature } from './signature.ts'

export interface RemoteRuns {
  /** Takes up what an earlier bot has placed under its id, or waits for a slot. @param begunBefore an earlier bot may have had it begun */
  start(run: RemoteRun, begunBefore: boolean): void
  /** Nobody waits for it any more: it is stopped wherever it is. */
  abandon(run: RemoteRun): void
  /** What hosts have said. */
  hear(host: KnownHost): void
  hearProgress(progress: WireProgress): void
  hostGone(host: KnownHost): void
  /** Gives free slots to what waits. */
  dispatch(): void
  /** Looks after whatever has not been heard of; to be called now and then. @param listeningSinceMs absent while Redis is away */
  tend(listeningSinceMs: number | undefined): void
  /** Who is told why when everything ends. Resolves when hosts have been told and what was delivered is cleared away. */
  close(end: (run: RemoteRun) => void): Promise<void>
}

export interface RemoteRunsParts {
  readonly registry: Pick<HostRegistry, 'all' | 'get'>
  readonly queues: Pick<HostQueues, 'add' | 'look' | 'revoke'>
  readonly placements: Placements
  readonly sender: FileSender
  readonly store: Pick<ContentStore, 'get' | 'delete'>
  readonly signature: Signature
  readonly command: (command: HostCommand) => Promise<void>
  /** Whether Redis can be read and written just now. */
  readonly isUp: () => boolean
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  readonly silentMs: number
  /** Of what a host that is there says nothing of: its own watchdog should have seen it long before. */
  readonly watchdog: Watchdog
  /** For the operator. */
  readonly onTrouble: (sentence: string) => void
  readonly onError: (error: unknown) => void
  readonly onEvent: (event: RunEvent) => void
}

/** For whoever counts. */
export type RunEvent =
  | { readonly kind: 'placed'; readonly host: string }
  | { readonly kind: 'lost'; readonly host: string; readonly how: string }
  | { readonly kind: 'handed-back'; readonly host: string }
  | {
      readonly kind: 'ended'
      readonly host: string
      readonly device?: string
      readonly renderMs?: number
      readonly stepMs?: readonly number[]
    }

/** An attempt that was lost is made up for once. */
const mostLost = 2
/** Attempts that were never begun cost nobody anything, but something is wrong with so many. */
const mostHandedBack = 30
/** No render waits and runs for longer. */
const orderValidMs = 24 * 3_600_000
/** Until the scheduler has surely written down what it was given. */
const deliveredMs = 60_000
/** Of a run that no host can hold, while hosts come and go. */
const patienceMs = 60_000
/** Of runs that are placed, while Redis is away. */
const unreachableMs = 30 * 60_000

interface Delivered {
  readonly id: string
  readonly key: string
  readonly host: string
  readonly sha256: string | undefined
  readonly dueMs: number
}

export function createRemoteRuns(parts: RemoteRunsParts): RemoteRuns {
  const { registry, queues, placements, sender, store, signature, command, isUp, now, silentMs, watchdog, onTrouble, onError, onEvent } =
    parts
  const unread = new Map<RemoteRun, boolean>()
  const waiting: RemoteRun[] = []
  const placed = new Map<string, RemoteRun>()
  const over = createRecent(2000)
  let delivered: Delivered[] = []
  let awaySinceMs: number | undefined
  let closed = false

  function freeSlots(host: KnownHost): number {
    const taken = new Set(host.runs.filter((key) => !over.has(key)))
    for (const [key, { where }] of placed) if (where?.host === host.host) taken.add(key)
    return host.devices.length - taken.size
  }

  function dispatch(): void {
    if (closed || !isUp()) return
    const hosts = registry.all().filter(takesWork)
    for (const run of [...waiting]) {
      const host = pickHost(
        hosts.filter((one) => !run.avoid.has(one.host)),
        run.needs,
        freeSlots,
      )
      if (!host) continue
      take(waiting, run)
      void place(run, host)
    }
  }

  async function place(run: RemoteRun, { host, installed }: KnownHost): Promise<void> {
    run.attempt++
    const key = runKey(run)
    const where = newPlace(host, now())
    run.where = where
    placed.set(key, run)
    try {
      await sender.send(run.files, installed)
      if (run.answered || !registry.get(host)) return again(run, run.handedBack)
      await placements.write(run.id, { attempt: run.attempt, host, lost: run.lost })
      where.phase = 'placed'
      await queues.add(host, key, signature.sign('order', orderOf(run, host), orderValidMs))
      onEvent({ kind: 'placed', host })
    } catch (error) {
      onError(error)
      // Once placed, whether it was added after all shows when it is looked at.
      if (where.phase === 'sending') again(run, isUp() ? run.handedBack + 1 : run.handedBack, error)
    }
  }

  /** The attempt has come to nothing, and was not begun: the next is made in its turn, before whoever came later. */
  function again(run: RemoteRun, handedBack: number, cause?: unknown): void {
    const { host } = endAttempt(run)
    run.handedBack = handedBack
    if (run.answered) {
      passOver(run, host)
      return
    }
    if (handedBack > mostHandedBack) rejectRun(run, new Error('no GPU host takes it', { cause }))
    else waiting.unshift(run)
    if (cause === undefined) dispatch()
  }

  /** The attempt was begun and has come to nothing. */
  function lose(run: RemoteRun, how: string): void {
    const { host } = endAttempt(run)
    onEvent({ kind: 'lost', host, how })
    if (run.answered) {
      passOver(run, host)
      return
    }
    queues.revoke(host, runKey(run)).catch(onError)
    run.lost++
    onTrouble(`A render was lost (${how}); it ${run.lost < mostLost ? 'is begun anew' : 'is given up'}.`)
    if (run.lost >= mostLost) {
      const sentence = 'The process that draws ended twice on this, perhaps for want of memory: try a smaller size or fewer frames.'
      keepDelivered(run, host, undefined)
      rejectRun(run, new UserError('worker-died', sentence, { how }))
      return
    }
    placements.write(run.id, { attempt: run.attempt, lost: run.lost }).catch(onError)
    waiting.unshift(run)
    dispatch()
  }

  /** Nobody waits for what has become of it: nothing is kept, unless the next bot may want it. */
  function passOver(run: RemoteRun, host: string, sha256?: string): void {
    if (run.abandoned) clear({ id: run.id, key: runKey(run), host, sha256, dueMs: 0 }).catch(onError)
    dispatch()
  }

  function begun(run: RemoteRun, where: Placed): void {
    where.begun = true
    where.watch ??= watchdog.watch(
      { model: run.needs.model.style, request: run.recipe.request },
      (silentMs) => void hung(run, where, silentMs),
    )
  }

  async function hung(run: RemoteRun, where: Placed, silentMs: number): Promise<void> {
    try {
      if (run.where !== where) return
      await queues.revoke(where.host, runKey(run))
      if (run.where === where) lose(run, `no step for ${Math.round(silentMs / 1000)} s`)
    } catch (error) {
      onError(error)
    }
  }

  function endAttempt(run: RemoteRun): Placed {
    const where = run.where!
    where.watch?.end()
    run.where = undefined
    placed.delete(runKey(run))
    over.add(runKey(run))
    return where
  }

  async function look(run: RemoteRun): Promise<void> {
    const { where } = run
    if (where?.phase !== 'placed' || where.looking || !isUp()) return
    where.looking = true
    try {
      const found = await queues.look(where.host, runKey(run))
      if (run.where === where) await judge(run, where, found)
    } catch (error) {
      onError(error)
    } finally {
      where.looking = false
    }
  }

  async function judge(run: RemoteRun, where: Placed, found: JobLook): Promise<void> {
    const host = registry.get(where.host)
    const key = runKey(run)
    if (found.state === 'ended') return settle(run, where, found.value)
    if (found.state === 'failed') return lose(run, found.reason)
    const works = host?.runs.includes(key) ?? false
    where.missed = works && found.state === 'active' ? 0 : where.missed + 1
    // An answer of Redis that was lost, a command that overtook another: one look more shows it.
    const overdue = where.missed > 2 && now() - where.heardMs > 2 * silentMs
    if (found.state === 'unknown') {
      if (where.missed < 2) return
      if (where.begun) return lose(run, 'Redis has lost it')
      return again(run, run.handedBack + 1)
    }
    if (host && !overdue) return
    if (!host && !gone(where)) return
    await queues.revoke(where.host, key)
    if (run.where !== where) return
    if (found.state === 'active' && (where.begun || !host)) return lose(run, host ? 'its host has dropped it' : 'its host is silent')
    onTrouble(`GPU host ${host?.name ?? where.host} does not take what it was given; it goes to another.`)
    again(run, run.handedBack + 1)
  }

  /** Of a host that is not known: whether it would be, if it were there. */
  function gone({ host, sinceMs }: Placed): boolean {
    return goneHosts.has(host) || (listeningMs !== undefined && now() - Math.max(listeningMs, sinceMs) > silentMs)
  }
  const goneHosts = createRecent(1000)
  let listeningMs: number | undefined

  async function settle(run: RemoteRun, where: Placed, value: unknown): Promise<void> {
    let outcome: RunOutcome
    try {
      outcome = signature.open('outcome', value, outcomeSchema).body
      if (outcome.run !== runKey(run)) throw new NotAuthentic(`is that of ${outcome.run}`)
    } catch (error) {
      if (!(error instanceof NotAuthentic)) throw error
      return lose(run, `its outcome ${error.message}`)
    }
    const sha256 = outcome.kind === 'done' ? outcome.animation.sha256 : undefined
    if (run.answered) {
      endAttempt(run)
      return passOver(run, where.host, sha256)
    }
    switch (outcome.kind) {
      case 'done': {
        const bytes = await readContent(store, outcome.animation).catch((error: unknown) => {
          if (error instanceof NotStored || error instanceof WrongContent) return undefined
          throw error
        })
        if (run.where !== where) return
        if (!bytes) return lose(run, 'its result was lost')
        const { animation, notes, stepMs, renderMs, device } = outcome
        onEvent({ kind: 'ended', host: where.host, device, renderMs, stepMs })
        conclude(run, where, sha256)
        const { format, width, height, frames, fps } = animation
        resolveRun(run, { animation: { bytes, format, width, height, frames, fps }, notes, stepMs, renderMs })
        break
      }
      case 'warm':
        conclude(run, where, undefined)
        resolveRun(run, undefined)
        break
      case 'failed':
        onEvent({ kind: 'ended', host: where.host })
        conclude(run, where, undefined)
        rejectRun(run, errorOf(outcome.failure))
        break
      case 'died':
        return lose(run, outcome.how)
      case 'missing':
        onTrouble(`GPU host ${registry.get(where.host)?.name ?? where.host} could not get a file: ${outcome.why}`)
        run.avoid.add(where.host)
        onEvent({ kind: 'handed-back', host: where.host })
        if (registry.all().every(({ host }) => run.avoid.has(host))) {
          conclude(run, where, undefined)
          return rejectRun(run, noHostHolds(['could not get its files']))
        }
        return again(run, run.handedBack + 1)
      case 'stopped':
        onEvent({ kind: 'handed-back', host: where.host })
        return again(run, run.handedBack + 1)
    }
    dispatch()
  }

  function conclude(run: RemoteRun, { host }: Placed, sha256: string | undefined): void {
    endAttempt(run)
    keepDelivered(run, host, sha256)
  }

  function keepDelivered(run: RemoteRun, host: string, sha256: string | undefined): void {
    delivered.push({ id: run.id, key: runKey(run), host, sha256, dueMs: now() + (run.adoptable ? deliveredMs : 0) })
  }

  async function clear({ id, key, host, sha256 }: Delivered): Promise<void> {
    await Promise.all([placements.forget(id), queues.revoke(host, key), sha256 !== undefined && store.delete(sha256)])
  }

  function clearDelivered(beforeMs: number): Promise<unknown> {
    const { due = [], later = [] } = Object.groupBy(delivered, ({ dueMs }) => (dueMs <= beforeMs ? 'due' : 'later'))
    delivered = later
    // What cannot be cleared away expires.
    return Promise.allSettled(due.map(clear))
  }

  function start(run: RemoteRun, begunBefore: boolean): void {
    if (!run.adoptable) {
      waiting.push(run)
      dispatch()
      return
    }
    unread.set(run, begunBefore)
    void takeUp(run, begunBefore)
  }

  async function takeUp(run: RemoteRun, begunBefore: boolean): Promise<void> {
    try {
      const placement = await placements.read(run.id)
      if (!unread.delete(run) || run.answered) return
      run.attempt = placement?.attempt ?? 0
      // Where nothing is known of an earlier attempt, it is counted as one that was begun.
      run.lost = placement?.lost ?? (begunBefore ? 1 : 0)
      if (placement?.host === undefined) {
        waiting.push(run)
        return dispatch()
      }
      run.where = { ...newPlace(placement.host, now()), phase: 'placed', begun: true }
      placed.set(runKey(run), run)
      await look(run)
    } catch (error) {
      onError(error)
    }
  }

  function abandon(run: RemoteRun): void {
    run.abandoned = true
    unread.delete(run)
    take(waiting, run)
    if (run.where) cancelPlaced(run)
  }

  function cancelPlaced(run: RemoteRun): void {
    const { where } = run
    if (where?.phase === 'placed') command({ do: 'cancel', host: where.host, run: runKey(run) }).catch(onError)
  }

  function hear(host: KnownHost): void {
    for (const [key, run] of placed) {
      const { where } = run
      if (where?.host !== host.host) continue
      if (!host.runs.includes(key)) void look(run)
      else {
        where.heardMs = now()
        where.missed = 0
        begun(run, where)
      }
    }
    // It was silent, and works on what has gone to another since.
    for (const key of host.runs) if (over.has(key)) command({ do: 'cancel', host: host.host, run: key }).catch(onError)
  }

  function tend(listeningSinceMs: number | undefined): void {
    listeningMs = listeningSinceMs
    if (listeningSinceMs === undefined) {
      awaySinceMs ??= now()
      if (now() - awaySinceMs > unreachableMs) giveUpAll()
      return
    }
    awaySinceMs = undefined
    for (const [run, begunBefore] of unread) void takeUp(run, begunBefore)
    for (const run of [...placed.values()]) {
      if (run.abandoned) cancelPlaced(run)
      const { where } = run
      if (where && (!registry.get(where.host) || !where.begun || now() - where.heardMs > silentMs)) void look(run)
    }
    for (const run of [...waiting]) refuseUnholdable(run)
    void clearDelivered(now())
    dispatch()
  }

  function refuseUnholdable(run: RemoteRun): void {
    const reasons = reasonsAgainst(registry.all(), run.needs)
    if (!reasons || now() - run.askedMs < patienceMs) return
    take(waiting, run)
    rejectRun(run, noHostHolds(reasons))
  }

  function giveUpAll(): void {
    const sentence = 'The GPU hosts cannot be reached just now: try again later.'
    for (const run of new Set([...unread.keys(), ...waiting, ...placed.values()])) {
      if (run.answered) continue
      abandon(run)
      rejectRun(run, new UserError('hosts-unreachable', sentence))
    }
  }

  return {
    start,
    abandon,
    hear,
    hearProgress(progress) {
      const run = placed.get(progress.run)
      if (run?.where?.host !== progress.host) return
      begun(run, run.where)
      showProgress(run, progress, now())
    },
    hostGone(host) {
      goneHosts.add(host.host)
      for (const run of [...placed.values()]) if (run.where?.host === host.host) void look(run)
    },
    dispatch,
    tend,
    async close(end) {
      closed = true
      for (const { where } of placed.values()) where?.watch?.end()
      const open = [...new Set([...unread.keys(), ...waiting, ...placed.values()])]
      const cancels = open.flatMap((run) => {
        const { where, adoptable, abandoned } = run
        if (!run.answered) end(run)
        if (where?.phase !== 'placed' || (adoptable && !abandoned)) return []
        return [command({ do: 'cancel', host: where.host, run: runKey(run) }).catch(onError)]
      })
      if (isUp()) await Promise.all([...cancels, clearDelivered(Number.POSITIVE_INFINITY)])
    },
  }
}

function newPlace(host: string, nowMs: number): Placed {
  return { host, sinceMs: nowMs, phase: 'sending', begun: false, heardMs: nowMs, seq: -1, missed: 0, looking: false }
}

function orderOf(run: RemoteRun, host: string): Order {
  const { kind, recipe, previewEveryMs, traceparent } = run
  return { run: runKey(run), host, kind, recipe, ...omitUndefined({ previewEveryMs, traceparent }) } as Order
}

/** Undefined where some host can hold it, or none is there that could. */
export function reasonsAgainst(hosts: readonly KnownHost[], needs: RenderNeeds): readonly string[] | undefined {
  const reasons = hosts.map((host) => whyNot(host, needs))
  return hosts.length > 0 && reasons.every((reason) => reason !== undefined) ? [...new Set(reasons)] : undefined
}

export function noHostHolds(reasons: readonly string[]): UserError {
  const why = reasons.map((reason) => `one ${reason}`).join('; ')
  return new UserError('no-host-holds', `No GPU host can draw this: ${why}.`, { reasons })
}

function take<T>(items: T[], item: T): void {
  const index = items.indexOf(item)
  if (index >= 0) items.splice(index, 1)
}

/** The last few that were added. */
function createRecent(most: number): { add(key: string): void; has(key: string): boolean } {
  const keys = new Set<string>()
  return {
    add(key) {
      keys.delete(key)
      keys.add(key)
      if (keys.size > most) keys.delete(keys.values().next().value!)
    },
    has: (key) => keys.has(key),
  }
}
