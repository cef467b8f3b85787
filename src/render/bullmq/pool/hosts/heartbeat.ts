// A heartbeat: Redis is written to and GPU hosts are listened to, over and over. Says since when their words have come through without
// a break, because nobody is silent while they cannot be heard.

import { channels, keys, progressMark } from '../../protocol/keys.ts'
import { progressSchema, type WireProgress } from '../../protocol/messages/progress.ts'
import type { RedisConnection } from '../../protocol/redis-connection.ts'
import { NotAuthentic, type Signature } from '../../protocol/signature.ts'
import type { HostRegistry } from './host-registry.ts'

export interface Heartbeat {
  /** Redis answers and can be written, so that hosts are heard. */
  isUp(): boolean
  /** Resolves after the first beat. */
  readonly begun: Promise<void>
  stop(): void
}

export interface HeartbeatParts {
  readonly connection: Pick<RedisConnection, 'redis' | 'subscribe'>
  readonly signature: Signature
  readonly registry: Pick<HostRegistry, 'hear' | 'expire'>
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  readonly heartbeatMs: number
  /** A host that says nothing for so long is gone. */
  readonly silentMs: number
  readonly onProgress: (progress: WireProgress) => void
  /** Redis has come or gone. */
  readonly onChange: () => void
  /** @param listeningSinceMs of `now`; undefined while Redis is away */
  readonly onBeat: (listeningSinceMs: number | undefined) => void
  /** For the operator. */
  readonly onTrouble: (sentence: string) => void
  readonly onError: (error: unknown) => void
}

/** Announcements that were published while the channel was away are read from where they are kept, this often in heartbeats. */
const readEvery = 5

export function startHeartbeat(parts: HeartbeatParts): Heartbeat {
  const { connection, signature, registry, now, heartbeatMs, silentMs, onProgress, onChange, onBeat, onTrouble, onError } = parts
  const { redis } = connection
  let listeningSinceMs: number | undefined
  let stopped = false
  let beats = 0
  let lastBeatMs = now()

  function hear(text: string): void {
    try {
      if (!text.startsWith(progressMark)) registry.hear(text, 'published')
      else onProgress(signature.open('progress', text.slice(progressMark.length), progressSchema).body)
    } catch (error) {
      // Strangers can fill a log, too.
      if (!(error instanceof NotAuthentic)) onError(error)
    }
  }

  async function beat(): Promise<void> {
    // A process that stood still has heard nobody, which says nothing of them.
    if (now() - lastBeatMs > silentMs / 2) listeningSinceMs = listeningSinceMs && now()
    lastBeatMs = now()
    try {
      await redis.set(keys.bot, signature.sign('placement', {}, 0), 'PX', 10 * heartbeatMs)
      if (listeningSinceMs === undefined || beats++ % readEvery === 0) {
        for (const text of Object.values(await redis.hgetall(keys.hosts))) registry.hear(text, 'kept')
      }
      if (listeningSinceMs === undefined && !stopped) {
        listeningSinceMs = now()
        onChange()
      }
    } catch (error) {
      if (listeningSinceMs !== undefined) {
        listeningSinceMs = undefined
        onTrouble(`Redis does not answer or cannot be written (${(error as Error).message}): nothing new is rendered until it does.`)
        onChange()
      }
    }
    if (stopped) return
    if (listeningSinceMs !== undefined) registry.expire(listeningSinceMs)
    onBeat(listeningSinceMs)
  }

  const begun = connection.subscribe(channels.bots, hear).then(beat).catch(onError)
  const beating = setInterval(() => void beat(), heartbeatMs)

  return {
    isUp: () => listeningSinceMs !== undefined,
    begun,
    stop() {
      stopped = true
      clearInterval(beating)
    },
  }
}
