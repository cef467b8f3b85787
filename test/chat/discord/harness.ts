// A Discord harness: the adapter on a Discord of this process, and users around it.

import { commands } from '../../../commands/index.ts'
import type { Choice } from '../../../src/chat/contract/incoming.ts'
import type { Platform, Receiver } from '../../../src/chat/contract/platform.ts'
import { reactions } from '../../../src/chat/contract/reactions.ts'
import { createDiscord } from '../../../src/chat/discord/index.ts'
import { type Harness, inAChannel, type Person, type Seen } from '../../suites/platform.ts'
import type { Data, DiscordMessage, Interaction, User } from './discord-state.ts'
import { walk } from './rules.ts'
import { type DiscordServer, startDiscord } from './server.ts'
import { createUserActions, readable, type UserActions } from './user-actions.ts'

export interface DiscordHarness extends Harness {
  readonly server: DiscordServer
  readonly actions: UserActions
  /** What went wrong without anybody being told. */
  readonly warnings: readonly unknown[]
  /** Resolves when the receiver is done with what `act` sends. */
  after<T>(act: () => T): Promise<T>
}

export interface DiscordHarnessOptions {
  readonly nowMs?: () => number
  /** Until when something must be received. */
  readonly patienceMs?: number
}

export async function makeDiscordHarness(
  receiver: Receiver,
  { nowMs = Date.now, patienceMs = 10_000 }: DiscordHarnessOptions = {},
): Promise<DiscordHarness> {
  const server = await startDiscord({ nowMs })
  const { state } = server
  const actions = createUserActions(server)
  const warnings: unknown[] = []
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
    const started = createDiscord({
      api,
      token,
      commands,
      nowMs,
      operators: [state.users.operator.id],
      warn: (error) => warnings.push(error),
    })
    await started.start(counting)
    return started
  }

  async function after<T>(act: () => T): Promise<T> {
    const before = done
    const result = act()
    await until(() => done > before, listeners, patienceMs)
    return result
  }

  const userOf = (person: Person): User => state.users[person]
  let dialog: { readonly interaction: Interaction; readonly modal: Data } | undefined

  return {
    server,
    actions: actions,
    warnings,
    circumstances: inAChannel,
    after,
    get platform() {
      return platform
    },
    async speak(person, command, options) {
      await after(() => actions.command(userOf(person), command, options))
    },
    async press(person, message, label) {
      const interaction = await after(() => actions.press(userOf(person), message, label))
      if (interaction.modal) dialog = { interaction, modal: interaction.modal }
    },
    async react(person, message, reaction) {
      await after(() => actions.react(userOf(person), message, reactions[reaction].emoji))
    },
    async opened() {
      return dialog && { title: String(dialog.modal['title']), values: valuesIn(dialog.modal) }
    },
    async submit(person, values) {
      const { modal } = dialog!
      dialog = undefined
      await after(() => actions.submit(userOf(person), modal, { ...valuesIn(modal), ...values }))
    },
    async complete(person, command, option, typed) {
      const interaction = actions.type(userOf(person), command, option, typed)
      await until(() => interaction.choices !== undefined, undefined, patienceMs)
      return interaction.choices!.map(({ name, value }): Choice => ({ label: String(name), value: String(value) }))
    },
    async seen(person) {
      return actions.seenBy(userOf(person)).map(seenIn)
    },
    pings: async () => state.pings,
    async vanish(message) {
      state.messages.delete(message)
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

function seenIn(message: DiscordMessage): Seen {
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
    if (Date.now() > givenUpMs) throw new Error(`nothing was received for ${patienceMs} ms`)
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
