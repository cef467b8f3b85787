// The platform on a local Discord, and people around it.

import { commands } from '../../../commands/index.ts'
import type { Choice } from '../../../src/chat/contract/incoming.ts'
import type { Outgoing } from '../../../src/chat/contract/outgoing.ts'
import type { Platform, Posted, Receiver } from '../../../src/chat/contract/platform.ts'
import { type Reaction, reactions } from '../../../src/chat/contract/reactions.ts'
import { createDiscord } from '../../../src/chat/discord/index.ts'
import { type Harness, inAChannel, type Seen } from '../../suites/platform.ts'
import { createPeople, type People, readable } from './discord-users.ts'
import type { Data, Interaction, Message, User } from './guilds.ts'
import { walk } from './rules.ts'
import { type DiscordServer, startDiscord } from './server.ts'

export interface Scene extends Harness {
  readonly server: DiscordServer
  readonly people: People
  /** What went wrong without anybody being told. */
  readonly warnings: readonly unknown[]
  /** Resolves when the house is done with what `act` sends it. */
  after<T>(act: () => T): Promise<T>
}

export interface SceneOptions {
  readonly nowMs?: () => number
  /** Until when something must be heard. */
  readonly patienceMs?: number
}

export async function makeScene(receiver: Receiver, { nowMs = Date.now, patienceMs = 10_000 }: SceneOptions = {}): Promise<Scene> {
  const server = await startDiscord({ nowMs })
  const { world } = server
  const people = createPeople(server)
  const warnings: unknown[] = []
  const wanted = new Map<string, readonly Reaction[]>()
  let done = 0
  const listeners = new Set<() => void>()
  const counting: Receiver = {
    async receive(incoming) {
      try {
        await receiver.receive(incoming)
      } finally {
        done++
        for (const listener of listeners) listener()
      }
    },
    complete: receiver.complete,
  }
  let platform = await run().catch(async (error: unknown) => {
    await server.close()
    throw error
  })

  async function run(): Promise<Platform> {
    const { api, token } = server
    const started = createDiscord({ api, token, commands, nowMs, warn: (error) => warnings.push(error) })
    await started.start(counting)
    return { ...started, post: noted(started.post), edit: noted(started.edit) }
  }

  /** Reactions come after their message: `seen` waits for those that were asked for. */
  function noted<First, R extends Posted | undefined>(call: (first: First, outgoing: Outgoing) => Promise<R>) {
    return async (first: First, outgoing: Outgoing): Promise<R> => {
      const posted = await call(first, outgoing)
      for (const message of posted?.messages ?? []) wanted.set(message, outgoing.reactions ?? [])
      return posted
    }
  }

  function marked(): boolean {
    return [...wanted].every(([message, expected]) => {
      const put = world.messages.get(message)?.reactions
      const own = Object.values(reactions).filter(({ emoji }) => put?.get(emoji)?.has(world.bot.id))
      return put === undefined || own.length === expected.length
    })
  }

  async function after<T>(act: () => T): Promise<T> {
    const before = done
    const result = act()
    await until(() => done > before, listeners, patienceMs)
    return result
  }

  const userOf = (person: 'ann' | 'bob'): User => world.people[person]
  let dialog: { readonly interaction: Interaction; readonly modal: Data } | undefined

  return {
    server,
    people,
    warnings,
    circumstances: inAChannel,
    after,
    get platform() {
      return platform
    },
    async speak(person, command, options) {
      await after(() => people.command(userOf(person), command, options))
    },
    async press(person, message, label) {
      const interaction = await after(() => people.press(userOf(person), message, label))
      if (interaction.modal) dialog = { interaction, modal: interaction.modal }
    },
    async react(person, message, mark) {
      await after(() => people.react(userOf(person), message, reactions[mark].emoji))
    },
    async opened() {
      return dialog && { title: String(dialog.modal['title']), values: valuesIn(dialog.modal) }
    },
    async submit(person, values) {
      const { modal } = dialog!
      dialog = undefined
      await after(() => people.submit(userOf(person), modal, { ...valuesIn(modal), ...values }))
    },
    async complete(person, command, option, typed) {
      const interaction = people.type(userOf(person), command, option, typed)
      await until(() => interaction.choices !== undefined, undefined, patienceMs)
      return interaction.choices!.map(({ name, value }): Choice => ({ label: String(name), value: String(value) }))
    },
    async seen(person) {
      await until(marked, undefined, patienceMs)
      return people.seenBy(userOf(person)).map(seenIn)
    },
    pings: async () => world.pings,
    async vanish(message) {
      world.messages.delete(message)
    },
    async restart() {
      await platform.stop()
      platform = await run()
    },
    async close() {
      await platform.stop()
      await server.close()
      if (server.wrong.length > 0) throw new Error(`Discord's rules were broken:\n${server.wrong.join('\n')}`)
    },
  }
}

function seenIn(message: Message): Seen {
  const all = [...walk(message.components)]
  const media = all.flatMap((one) => [one['media'], ...((one['items'] ?? []) as readonly Data[]).map((item) => item['media'])])
  const bytesOf = (value: unknown) => message.attached.find(({ name }) => `attachment://${name}` === (value as Data)['url'])!.bytes
  return {
    message: message.id,
    text: readable(message),
    pictures: media.filter(Boolean).map(bytesOf),
    files: all
      .map((one) => one['file'])
      .filter(Boolean)
      .map(bytesOf),
    buttons: all
      .flatMap((one) => (one['type'] === 2 ? [one] : ((one['options'] ?? []) as readonly Data[])))
      .map((one) => String(one['label'])),
    reactions: (Object.keys(reactions) as (keyof typeof reactions)[]).filter((mark) => message.reactions.get(reactions[mark].emoji)?.size),
  }
}

function valuesIn(modal: Data): Record<string, string> {
  const labels = (modal['components'] ?? []) as readonly Data[]
  return Object.fromEntries(
    labels.map((label) => {
      const { custom_id, value } = label['component'] as Data
      return [String(custom_id), String(value ?? '')]
    }),
  )
}

async function until(holds: () => boolean, listeners: Set<() => void> | undefined, patienceMs: number): Promise<void> {
  const givenUpMs = Date.now() + patienceMs
  while (!holds()) {
    if (Date.now() > givenUpMs) throw new Error(`nothing was heard for ${patienceMs} ms`)
    let listener: (() => void) | undefined
    await Promise.race([
      sleep(20),
      new Promise<void>((resolve) => {
        listener = resolve
        listeners?.add(resolve)
      }),
    ])
    if (listener) listeners?.delete(listener)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
