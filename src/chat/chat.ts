// The chat, assembled for any number of platforms: one set of contexts, one delivery, a router for each. Started and stopped in order.

import type { Clock } from '../clock.ts'
import { UserError } from '../errors.ts'
import type { Limits } from '../jobs/limits/limits.ts'
import type { KeptQuota, Scheduler } from '../jobs/scheduler.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import { type Contexts, type ContextsParts, createContexts } from './context/contexts.ts'
import { keepDeleting } from './context/retention.ts'
import type { StyleSource } from './context/style-source.ts'
import type { Command } from './contract/command.ts'
import { type GpuHosts, noGpuHosts } from './contract/gpu-hosts.ts'
import type { Platform } from './contract/platform.ts'
import { createDelivery } from './delivery/delivery.ts'
import { createMessageIndex } from './delivery/message-index.ts'
import { retry } from './delivery/pacing/retry.ts'
import type { Observer } from './observer.ts'
import { countLive, type LiveCount } from './router/live-count.ts'
import { createSeenEvents } from './router/seen-events.ts'
import { createRouter } from './router.ts'

export interface Chat {
  readonly contexts: Contexts
  readonly platforms: readonly Platform[]
  /**
   * Takes up what an earlier process left, then lets people in. Resolves once every platform is up, or has said why not.
   * @param tell a sentence for the operator: where a platform is found, or how to mend what keeps it away
   * @returns how many platforms are up, or are tried until they are
   */
  start(tell: (sentence: string) => void): Promise<number>
  /** Receives nothing any more, then lets go of what runs. */
  stop(): Promise<void>
}

export interface ChatParts {
  readonly commands: readonly Command[]
  readonly scheduler: Scheduler
  readonly store: Store
  readonly styles: StyleSource
  readonly styleAdminFor: ContextsParts['styleAdminFor']
  /** Absent: this machine draws. */
  readonly gpuHosts?: GpuHosts | undefined
  readonly retentionDays: number
  /** How much is kept of platforms that strangers reach. */
  readonly quotas?: readonly KeptQuota[]
  readonly exampleLoop?: ContextsParts['exampleLoop']
  /** When old requests are deleted, so is this. */
  readonly alsoDelete?: (nowMs: number) => Promise<unknown>
  readonly limits: Limits
  readonly clock: Clock
  readonly log: Log
  readonly observer: Observer
  /** Some show more than their messages. */
  readonly platforms: (contexts: Contexts) => readonly Platform[]
}

export function createChat(parts: ChatParts): Chat {
  const { commands, scheduler, store, styles, styleAdminFor, retentionDays, limits, clock, log, observer } = parts
  const { blobs } = store
  const messages = createMessageIndex(store.space<string>('messages'))
  const delivery = createDelivery({ scheduler, blobs, messages, clock, log, observer })
  const contexts = createContexts({
    commands,
    scheduler,
    store,
    styles,
    styleAdminFor,
    delivery,
    gpuHosts: parts.gpuHosts ?? noGpuHosts,
    retentionDays,
    limits,
    exampleLoop: parts.exampleLoop,
    forgetOnPlatform: async ({ platform, person }) => platforms.find(({ name }) => name === platform)?.forget?.(person),
  })
  const platforms = parts.platforms(contexts)
  const seenEvents = store.space<true>('heard')
  const stopping = new AbortController()
  const up = new Set<Platform>()
  let stopCounting: () => void = () => undefined
  let stopResuming: () => void = () => undefined
  let stopDeleting: () => Promise<void> = async () => undefined

  async function start(tell: (sentence: string) => void): Promise<number> {
    delivery.start()
    await scheduler.start()
    const live = countLive(scheduler)
    stopCounting = live.stop
    stopResuming = scheduler.onRecovery(resumeAll)
    const { alsoDelete } = parts
    const { quotas = [] } = parts
    const kept = { scheduler, favourites: contexts.favourites, blobs, messages, days: retentionDays, quotas, alsoDelete }
    stopDeleting = keepDeleting(kept, clock, log)
    const opened = await Promise.all(platforms.map((platform) => open(platform, live, tell)))
    return opened.filter(Boolean).length
  }

  /** A platform that is configured wrongly stays away; one that cannot be reached is tried until it can, without holding up the others. */
  async function open(platform: Platform, live: LiveCount, tell: (sentence: string) => void): Promise<boolean> {
    const seen = createSeenEvents(platform.name, seenEvents)
    const shared = { contexts, scheduler, delivery, blobs, messages, styles, clock, log, observer, limits }
    const receiver = createRouter(platform, { ...shared, seen, live })
    const begin = async () => {
      const found = await platform.start(receiver)
      if (stopping.signal.aborted) {
        // it came up while the others were stopped
        await platform.stop()
        throw stopping.signal.reason
      }
      tell(found)
      up.add(platform)
      await delivery.resume(platform)
    }
    const reportOff = (error: unknown) => {
      if (stopping.signal.aborted) return
      if (error instanceof UserError) tell(`${platform.name} is off: ${error.message}`)
      log.error({ platform: platform.name, err: error }, 'a platform is off')
    }
    try {
      await begin()
      return true
    } catch (error) {
      if (stopping.signal.aborted) return false
      if (error instanceof UserError) {
        reportOff(error)
        return false
      }
      tell(`${platform.name} cannot be reached yet, and is tried again: ${error instanceof Error ? error.message : error}`)
      const onTrouble = (err: unknown, retryInMs: number) =>
        log.warn({ platform: platform.name, err, retryInMs }, 'a platform cannot be reached')
      retry(begin, { clock, signal: stopping.signal, giveUpAfterMs: Number.POSITIVE_INFINITY, onTrouble }).catch(reportOff)
      return true
    }
  }

  /** Ends that could not be written down as told, and what could not be posted. */
  function resumeAll(): void {
    for (const platform of up) {
      delivery
        .resume(platform)
        .catch((err: unknown) => log.error({ platform: platform.name, err }, 'what was left over could not be shown'))
    }
  }

  async function stop(): Promise<void> {
    stopResuming()
    stopping.abort(new Error('the bot stops'))
    // one that connects is not up yet, and holds what it has opened
    await Promise.all(platforms.map((platform) => platform.stop()))
    await stopDeleting()
    await scheduler.stop()
    await delivery.stop()
    stopCounting()
  }

  return { contexts, platforms, start, stop }
}
