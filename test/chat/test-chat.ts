// A test chat: the whole chat on a fake platform, with real scheduler, journal, store and router, and a renderer that gives a real animation.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commands } from '../../commands/index.ts'
import { type Chat, createChat } from '../../src/chat/chat.ts'
import type { StyleSource } from '../../src/chat/context/style-source.ts'
import type { ModelSummary, StyleSummary } from '../../src/chat/contract/command-context.ts'
import type { GpuHosts } from '../../src/chat/contract/gpu-hosts.ts'
import type { StyleAdmin } from '../../src/chat/contract/style-admin.ts'
import { noObserver } from '../../src/chat/observer.ts'
import type { Clock } from '../../src/clock.ts'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import type { Limits } from '../../src/jobs/limits/limits.ts'
import { createRateLimiter } from '../../src/jobs/limits/rate-limiter.ts'
import type { JobRenderer } from '../../src/jobs/renderer.ts'
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts'
import { createLog } from '../../src/log.ts'
import { encode } from '../../src/media/animation.ts'
import { omitUndefined } from '../../src/omit-undefined.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { systemClock as realClock } from '../../src/system-clock.ts'
import { createFakePlatform, type FakePlatform } from './fake-platform.ts'

export interface TestChat {
  readonly fake: FakePlatform
  readonly chat: Chat
  readonly scheduler: Scheduler
  readonly store: Store
  /** Lines that were logged. */
  readonly lines: readonly string[]
  /** Resolves once no request waits or runs and every end was told. */
  quiet(): Promise<void>
  close(): Promise<void>
}

export interface TestChatOptions {
  readonly fake?: FakePlatform
  readonly folder: string
  readonly renderer?: (blobs: Store['blobs']) => JobRenderer
  readonly trainer?: JobRenderer
  readonly limits?: Limits
  readonly retentionDays?: number
  readonly clock?: Clock
  readonly styles?: StyleSource
  readonly gpuHosts?: GpuHosts
}

const generous: Limits = { person: { running: 2 }, space: {}, all: {} }
let ids = 0

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-chat-'))
  folders.push(folder)
  return folder
}

export async function openTestChat(options: TestChatOptions): Promise<TestChat> {
  const {
    folder,
    trainer,
    fake = createFakePlatform(),
    limits = generous,
    retentionDays = 30,
    clock = realClock,
    styles = twoStyles,
  } = options
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: (line) => lines.push(line) })
  const store = await openStore({ folder })
  const journal = openJournal(join(folder, 'journal.sqlite'))
  const rateLimiter = createRateLimiter({ limits })
  const renderer = (options.renderer ?? quickRenderer)(store.blobs)
  const newId = () => `${Date.now().toString(36)}${process.pid.toString(36)}${(ids++).toString(36)}`
  const onError = (error: unknown) => log.error({ err: error }, 'scheduler')
  const scheduler = createScheduler({ journal, rateLimiter, renderer, ...omitUndefined({ trainer }), limits, clock, newId, onError })
  const chat = createChat({
    commands,
    scheduler,
    store,
    styles,
    styleAdminFor: () => noStyleAdmin,
    gpuHosts: options.gpuHosts,
    retentionDays,
    limits,
    clock,
    log,
    observer: noObserver,
    platforms: () => [fake.platform],
  })
  await chat.start((sentence) => lines.push(sentence))
  return {
    fake,
    chat,
    scheduler,
    store,
    lines,
    async quiet() {
      for (;;) {
        const { waiting, running } = scheduler.load()
        if (waiting + running + scheduler.untold().length === 0) return
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    async close() {
      await chat.stop()
      await rateLimiter.close()
      journal.close()
      await store.close()
    },
  }
}

let drawn: Promise<Uint8Array> | undefined

/** A real WebP of three frames, encoded once. */
export function smallWebp(): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 3 * 16 * 16 * 3 }, (_, i) => (i * 7) % 251)
  drawn ??= encode({ count: 3, width: 16, height: 16, data }, { format: 'webp', fps: 8 }).then(({ bytes }) => bytes)
  return drawn
}

/** Two steps with previews, then the end; slower than an answer, as every drawing is. A prompt that says what goes wrong goes wrong. */
export function quickRenderer(blobs: Store['blobs']): JobRenderer {
  return {
    ...fixedCapacity(2),
    async render(job, { signal, onProgress }) {
      const bytes = await smallWebp()
      onProgress({ stage: 'loading', step: 0, of: 2 })
      for (let step = 1; step <= 2; step++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        signal.throwIfAborted()
        onProgress({ stage: 'denoising', step, of: 2, preview: bytes })
      }
      if (job.request.prompt.includes('breaks')) throw new Error('a wire broke')
      const blob = `${job.id}.webp`
      await blobs.put(blob, bytes)
      const closing = { loop: 'closed', seam: 0.8 } as const
      const details = { format: 'webp', width: 16, height: 16, frames: 3, fps: 8, bytes: bytes.length, closing, notes: [] } as const
      return { result: { blob, details }, renderMs: 20 }
    },
  }
}

const model: ModelSummary = {
  name: 'pocket',
  width: 64,
  height: 64,
  frames: 16,
  fps: 10,
  steps: 16,
  guidance: 4,
  still: { steps: 20, guidance: 6 },
  negative: '',
  clipSkip: 1,
  maxFrames: 128,
  positions: { maxFrames: 32 },
  multiple: 8,
}

const two: readonly StyleSummary[] = [
  { name: 'anime', about: 'dark outlines', example: 'a red ball' },
  { name: 'sepia', about: 'an old photograph', example: 'a blue boat' },
]

export const twoStyles: StyleSource = {
  list: async () => two,
  find: async (name) => two.find((style) => style.name === name.toLowerCase()),
  search: async (typed, _space, _admin, limit) => two.filter(({ name }) => name.includes(typed)).slice(0, limit),
  model: async (name) => ({ ...model, ...(name && { name }) }),
  picture: async () => ({ bytes: await smallWebp(), format: 'webp', width: 16, height: 16 }),
}

/** Nobody manages styles in this chat. */
const noStyleAdmin = new Proxy({} as StyleAdmin, {
  get: (_target, name) => () => {
    throw new Error(`no style admin: ${String(name)}`)
  },
})
