// Remote runs: from waiting for a slot over attempts at GPU hosts to an end. First come, first served, but that what no free host can
// hold lets others pass.

import type { LaneName } from '../../../jobs/lane.ts'
import { slotsFor } from '../host-takes.ts'
import { runKey } from '../protocol/keys.ts'
import type { HostCommand } from '../protocol/messages/command.ts'
import type { WireProgress } from '../protocol/messages/progress.ts'
import { createRecent } from '../recent.ts'
import { type AttemptsParts, createAttempts } from './attempts/attempts.ts'
import { createDelivered, type DeliveredParts } from './delivered.ts'
import { type KnownHost, takesWork } from './hosts/host-registry.ts'
import { pickHost } from './hosts/pick-host.ts'
import type { Placements } from './hosts/placements.ts'
import { hostsUnreachable, noHostHolds, reasonsAgainst } from './refusals.ts'
import { type RemoteRun, rejectRun, showProgress } from './runs/remote-run.ts'

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
  /** Resolves when hosts have been told and what was delivered is cleared away. @param end tells whoever waits */
  close(end: (run: RemoteRun) => void): Promise<void>
}

export interface RemoteRunsParts
  extends Omit<AttemptsParts, 'delivered' | 'over' | 'isGone' | 'isOverdue' | 'onAgain' | 'onOver' | 'onIdle' | 'placements' | 'store'> {
  readonly placements: Placements
  readonly store: AttemptsParts['store'] & DeliveredParts['store']
  readonly command: (command: HostCommand) => Promise<void>
  /** Of a run that no host can hold, while hosts come and go. */
  readonly patienceMs: number
  /** A host that says nothing for so long is gone. */
  readonly silentMs: number
}

/** Of runs, while Redis is away. */
const unreachableMs = 30 * 60_000

export function createRemoteRuns(parts: RemoteRunsParts): RemoteRuns {
  const { registry, queues, placements, store, command, isUp, now, silentMs, patienceMs, onError } = parts
  /** Of which it is not known yet what an earlier bot has made of them. */
  const unread = new Map<RemoteRun, boolean>()
  const waiting: RemoteRun[] = []
  const over = createRecent(2000)
  const goneHosts = createRecent(1000)
  /** Hosts that did not take what they were given, and until when they are given nothing. */
  const distrusted = new Map<string, number>()
  let listeningMs: number | undefined
  let awaySinceMs: number | undefined
  let closed = false

  const delivered = createDelivered({ placements, queues, store, now })
  const attempts = createAttempts({
    ...parts,
    delivered,
    over,
    isGone: (host, sinceMs) => goneHosts.has(host) || hasListened(sinceMs, silentMs),
    isOverdue: (heardMs) => hasListened(heardMs, 2 * silentMs),
    onAgain(run) {
      run.waitsSinceMs = now()
      waiting.unshift(run)
    },
    onOver: dispatch,
    onIdle: (host) => void distrusted.set(host, now() + 2 * silentMs),
  })
  const { placed } = attempts

  /** Whether this bot has listened for so long since then, and without a break. */
  function hasListened(sinceMs: number, ms: number): boolean {
    return listeningMs !== undefined && now() - Math.max(listeningMs, sinceMs) > ms
  }

  function freeSlots(host: KnownHost, lane: LaneName): number {
    const trains = new Set(host.trainings)
    const taken = new Set(host.runs.filter((key) => !over.has(key) && trains.has(key) === (lane === 'training')))
    for (const [key, { where, needs }] of placed) if (where?.host === host.host && needs.lane === lane) taken.add(key)
    return slotsFor(host, lane) - taken.size
  }

  function dispatch(): void {
    if (closed || !isUp() || waiting.length === 0) return
    const hosts = registry.all().filter((one) => takesWork(one) && (distrusted.get(one.host) ?? 0) < now())
    for (const run of [...waiting]) {
      const able = hosts.filter(({ host }) => !run.avoid.has(host))
      const host = pickHost(able, run.needs, (one) => freeSlots(one, run.needs.lane))
      if (!host) continue
      remove(waiting, run)
      void attempts.place(run, host)
    }
  }

  function wait(run: RemoteRun): void {
    waiting.push(run)
    dispatch()
  }

  async function readPlacement(run: RemoteRun, begunBefore: boolean): Promise<void> {
    try {
      const placement = await placements.read(run.id)
      if (!unread.delete(run) || run.answered) return
      run.attempt = placement?.attempt ?? 0
      // Where nothing is known of an earlier attempt, it is counted as one that was begun.
      run.lost = placement?.lost ?? (begunBefore ? 1 : 0)
      if (placement?.host === undefined) wait(run)
      else attempts.takeUp(run, placement.host)
    } catch (error) {
      onError(error)
    }
  }

  function cancelPlaced({ where, ...run }: RemoteRun): Promise<void> {
    if (where?.phase !== 'placed') return Promise.resolve()
    return command({ do: 'cancel', host: where.host, run: runKey(run) }).catch(onError)
  }

  function abandon(run: RemoteRun): void {
    run.abandoned = true
    unread.delete(run)
    remove(waiting, run)
    void cancelPlaced(run)
  }

  function refuse(run: RemoteRun): void {
    if (now() - run.waitsSinceMs < patienceMs) return
    const hosts = registry.all()
    const reasons = run.impatient && hosts.length === 0 ? [] : reasonsAgainst(hosts, run.needs, run.avoid)
    if (!reasons) return
    remove(waiting, run)
    rejectRun(run, noHostHolds(run.needs.lane, reasons))
  }

  function tendWithoutRedis(): void {
    awaySinceMs ??= now()
    if (now() - awaySinceMs < unreachableMs) return
    for (const run of allRuns()) {
      if (run.answered) continue
      abandon(run)
      rejectRun(run, hostsUnreachable())
    }
  }

  const allRuns = (): ReadonlySet<RemoteRun> => new Set([...unread.keys(), ...waiting, ...placed.values()])

  return {
    start(run, begunBefore) {
      if (!run.adoptable) {
        wait(run)
        return
      }
      unread.set(run, begunBefore)
      void readPlacement(run, begunBefore)
    },
    abandon,
    hear(host) {
      for (const [key, run] of placed) {
        if (run.where?.host !== host.host) continue
        if (host.runs.includes(key)) attempts.begun(run)
        else void attempts.look(run)
      }
      // It was silent, and works on what has gone to another since.
      for (const run of host.runs) if (over.has(run)) command({ do: 'cancel', host: host.host, run }).catch(onError)
    },
    hearProgress(progress) {
      const run = placed.get(progress.run)
      if (run?.where?.host !== progress.host) return
      attempts.begun(run)
      showProgress(run, progress)
    },
    hostGone({ host }) {
      goneHosts.add(host)
      distrusted.delete(host)
      for (const run of [...placed.values()]) if (run.where?.host === host) void attempts.look(run)
    },
    dispatch,
    tend(listeningSinceMs) {
      listeningMs = listeningSinceMs
      if (listeningSinceMs === undefined) {
        tendWithoutRedis()
        return
      }
      awaySinceMs = undefined
      for (const [run, begunBefore] of unread) void readPlacement(run, begunBefore)
      for (const run of [...placed.values()]) {
        if (run.abandoned) void cancelPlaced(run)
        const { host, begun, heardMs } = run.where!
        if (!registry.get(host) || !begun || now() - heardMs > silentMs) void attempts.look(run)
      }
      for (const run of [...waiting]) refuse(run)
      void delivered.clearDue()
      dispatch()
    },
    async close(end) {
      closed = true
      const open = [...allRuns()]
      for (const run of open) {
        run.where?.watch?.end(false)
        if (!run.answered) end(run)
      }
      if (!isUp()) return
      const unwanted = open.filter(({ adoptable, abandoned }) => !adoptable || abandoned)
      await Promise.all([...unwanted.map(cancelPlaced), delivered.clearAll()])
    },
  }
}

function remove<T>(items: T[], item: T): void {
  const index = items.indexOf(item)
  if (index >= 0) items.splice(index, 1)
}
