// A whole bot on a Discord of this process: real scheduler, journal, store and router, real discord.js.

import { commands } from '../../../commands/index.ts'
import { createDiscord } from '../../../src/chat/discord/index.ts'
import type { Limits } from '../../../src/jobs/limits/limits.ts'
import type { JobRenderer } from '../../../src/jobs/renderer.ts'
import type { Store } from '../../../src/store/store.ts'
import { systemClock } from '../../../src/system-clock.ts'
import type { DiscordMessage, DiscordState, User } from '../../chat/discord/discord-state.ts'
import { type DiscordServer, startDiscord } from '../../chat/discord/server.ts'
import { createUserActions, readable, type UserActions } from '../../chat/discord/user-actions.ts'
import type { FakePlatform } from '../../chat/fake-platform.ts'
import { newFolder, openTestChat, type TestChat } from '../../chat/test-chat.ts'
import { waitUntil } from './wait-until.ts'

export interface DiscordBot {
  readonly server: DiscordServer
  readonly state: DiscordState
  readonly actions: UserActions
  readonly testChat: TestChat
  /** Another process on the same files. */
  restart(): Promise<void>
  readonly warnings: readonly unknown[]
  /** Messages on the screen of this person whose words match, oldest first. */
  seen(user: User, words?: RegExp): readonly SeenMessage[]
  /** The first of them. */
  soon(user: User, words: RegExp, where?: (message: SeenMessage) => boolean): Promise<SeenMessage>
  /** No request waits or runs, and every end was told. */
  isQuiet(): boolean
  close(): Promise<void>
}

export interface SeenMessage {
  readonly text: string
  readonly message: DiscordMessage
  readonly pictures: number
}

/** It shows an end, in English or Chinese, and not a preview of one. */
export const isDone = ({ text }: SeenMessage): boolean => /asked for this|要的动画/.test(text)

export interface DiscordBotOptions {
  readonly renderer?: (blobs: Store['blobs']) => JobRenderer
  readonly limits?: Limits
  readonly nowMs?: () => number
  readonly installs?: Readonly<Record<string, object>>
  /** Before the bot starts. */
  readonly prepare?: (server: DiscordServer) => void
  /** Where the bot finds Discord, if not at the server itself. */
  readonly apiOf?: (server: DiscordServer) => Promise<string>
}

export async function openDiscordBot({ renderer, limits, nowMs, installs, prepare, apiOf }: DiscordBotOptions = {}): Promise<DiscordBot> {
  const server = await startDiscord({ ...(nowMs && { nowMs }) })
  const { state } = server
  if (installs) state.installs = installs
  prepare?.(server)
  const api = apiOf ? await apiOf(server) : server.api
  const warnings: unknown[] = []
  const folder = newFolder()
  const open = () => {
    const platform = createDiscord({ api, token: server.token, commands, warn: (error) => warnings.push(error), ...(nowMs && { nowMs }) })
    const clock = { ...systemClock, ...(nowMs && { nowMs }) }
    return openTestChat({ folder, clock, fake: { platform } as FakePlatform, ...(renderer && { renderer }), ...(limits && { limits }) })
  }
  let testChat = await open()
  const actions = createUserActions(server)
  const seen = (user: User, words = /./s): SeenMessage[] =>
    actions
      .seenBy(user)
      .map((message) => ({ text: readable(message), message, pictures: message.attached.length }))
      .filter(({ text }) => words.test(text))
  return {
    server,
    state,
    actions,
    get testChat() {
      return testChat
    },
    async restart() {
      await testChat.close()
      testChat = await open()
    },
    warnings,
    seen,
    soon: (user, words, where = () => true) => waitUntil(`${words}`, () => seen(user, words).find(where)),
    isQuiet() {
      const { waiting, running } = testChat.scheduler.load()
      return waiting + running + testChat.scheduler.untold().length === 0
    },
    async close() {
      await testChat.close()
      await server.close()
      if (server.wrong.length > 0) throw new Error(`Discord's rules were broken:\n${server.wrong.join('\n')}`)
    },
  }
}
