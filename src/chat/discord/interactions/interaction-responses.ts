// Answers to interactions, by their own tokens: the first within 3 seconds, others for 15 minutes. What no longer can be answered
// so is said by an undefined, and the caller posts elsewhere. Each function is called in turn (`Answers.inTurn`).

import { InteractionResponseType, MessageFlags, Routes } from 'discord.js'
import { type Interaction, tokenMs } from '../address.ts'
import type { DiscordMessage } from '../layout/message-layout.ts'
import { answeredCodes, deadTokenCodes, unknownMessageCodes } from '../rest/error-codes.ts'
import { isEphemeral, isLoading, type MessageData, messageFrom, messageOfCallback } from '../rest/message-schemas.ts'
import { isRestError, type SendRestCall } from '../rest/rest-calls.ts'
import type { InteractionState, InteractionStates, ResponseState } from './interaction-state.ts'

export interface InteractionResponses {
  /** It was heard just now. */
  begin(interaction: Interaction): void
  /** People see that an answer comes. Nothing, where one was given or none is taken any more. */
  acknowledge(interaction: Interaction, ephemeral: boolean): Promise<void>
  /** Undefined: no answer is taken any more. `post` makes a message that is not the first one otherwise; undefined where it cannot. */
  answer(interaction: Interaction, message: DiscordMessage, how: ResponseOptions): Promise<MessageData | undefined>
  /** Answers what was not answered yet: with a message for who asked alone, or without a word. */
  close(interaction: Interaction, message?: DiscordMessage): Promise<void>
  /** @returns whether it opened */
  open(interaction: Interaction, modal: unknown): Promise<boolean>
}

export interface ResponseOptions {
  readonly ephemeral: boolean
  readonly nonce: string | undefined
  readonly post?: (() => Promise<MessageData | undefined>) | undefined
}

export interface InteractionResponsesParts {
  readonly call: SendRestCall
  readonly answers: Pick<InteractionStates<unknown>, 'find' | 'set'>
  readonly application: () => string
  readonly nowMs: () => number
}

/** Within this time of its coming an interaction that Discord does not know was not answered yet. */
const firstAnswerMs = 3000

export function createInteractionResponses({ call, answers, application, nowMs }: InteractionResponsesParts): InteractionResponses {
  const set = ({ id }: Interaction, state: ResponseState, ephemeral = false): InteractionState =>
    answers.set(id, { state, ephemeral }, nowMs())
  const original = ({ token }: Interaction) => Routes.webhookMessage(application(), token, '@original')

  async function acknowledge(interaction: Interaction, ephemeral: boolean): Promise<void> {
    if ((await now(interaction)).state !== 'open') return
    const data = ephemeral ? { flags: MessageFlags.Ephemeral } : undefined
    const done = await first(interaction, { type: InteractionResponseType.DeferredChannelMessageWithSource, data })
    if (done) set(interaction, 'waiting', ephemeral)
  }

  async function answer(
    interaction: Interaction,
    message: DiscordMessage,
    { ephemeral, nonce, post }: ResponseOptions,
  ): Promise<MessageData | undefined> {
    const before = nonce !== undefined && !answers.find(interaction.id) ? await look(interaction) : undefined
    if (isSame(before, message)) return before
    try {
      if ((await now(interaction)).state === 'open') {
        const done = await first(interaction, { type: InteractionResponseType.ChannelMessageWithSource, data: message.body }, message)
        if (done) {
          set(interaction, 'given', ephemeral)
          return messageOfCallback(done.answered)
        }
        // it had come through, and only Discord's word of it was lost
        const there = answers.find(interaction.id)?.state === 'given' ? await look(interaction) : undefined
        if (isSame(there, message)) return there
      }
      const then = await now(interaction)
      if (then.state === 'waiting') return await fill(interaction, message, then.ephemeral, ephemeral)
      if (then.state === 'given') return (await post?.()) ?? (await follow(interaction, message))
    } catch (error) {
      if (!isRestError(error, deadTokenCodes)) throw error
      set(interaction, 'gone')
    }
    return undefined
  }

  /** As it is known; else Discord is asked. */
  async function now(interaction: Interaction): Promise<InteractionState> {
    const known = answers.find(interaction.id)
    if (known) return known
    await look(interaction)
    return answers.find(interaction.id)!
  }

  /** What an earlier process made of it; gives the message that answers it. */
  async function look(interaction: Interaction): Promise<MessageData | undefined> {
    const age = nowMs() - interaction.atMs
    try {
      if (age >= tokenMs) return void set(interaction, 'gone')
      const made = messageFrom(await call({ method: 'GET', path: original(interaction), auth: false }))
      set(interaction, isLoading(made) ? 'waiting' : 'given', isEphemeral(made))
      return made
    } catch (error) {
      if (isRestError(error, unknownMessageCodes)) set(interaction, 'given')
      else if (isRestError(error, deadTokenCodes)) set(interaction, age < firstAnswerMs ? 'open' : 'gone')
      else throw error
      return undefined
    }
  }

  /** Undefined where somebody answered before, or it is too late: `now` then says which. */
  async function first(
    interaction: Interaction,
    body: unknown,
    message?: DiscordMessage,
  ): Promise<{ readonly answered: unknown } | undefined> {
    const path = Routes.interactionCallback(interaction.id, interaction.token)
    const files = message?.files ?? []
    try {
      return { answered: await call({ method: 'POST', path, body, files, query: { with_response: 'true' }, auth: false }) }
    } catch (error) {
      if (isRestError(error, answeredCodes)) await look(interaction)
      else if (isRestError(error, deadTokenCodes)) set(interaction, 'gone')
      else throw error
      return undefined
    }
  }

  /** What says that an answer comes becomes the answer; where the wrong people see it, it goes and a new message comes. */
  async function fill(interaction: Interaction, message: DiscordMessage, seenByOne: boolean, forOne: boolean): Promise<MessageData> {
    if (seenByOne !== forOne) {
      await takeBack(interaction)
      return follow(interaction, message)
    }
    try {
      const body = { ...message.body, flags: message.body.flags & ~MessageFlags.Ephemeral }
      const { files } = message
      const made = messageFrom(await call({ method: 'PATCH', path: original(interaction), body, files, auth: false }))
      set(interaction, 'given', forOne)
      return made
    } catch (error) {
      if (!isRestError(error, unknownMessageCodes)) throw error
      set(interaction, 'given')
      return follow(interaction, message)
    }
  }

  async function follow(interaction: Interaction, message: DiscordMessage): Promise<MessageData> {
    const path = Routes.webhook(application(), interaction.token)
    return messageFrom(await call({ method: 'POST', path, ...message, query: { wait: 'true' }, auth: false }))
  }

  /** Also lets the next message be one of its own: while it stands there, Discord would fill it with that one. */
  async function takeBack(interaction: Interaction): Promise<void> {
    try {
      await call({ method: 'DELETE', path: original(interaction), auth: false })
    } catch (error) {
      if (!isRestError(error, unknownMessageCodes)) throw error
    }
    set(interaction, 'given')
  }

  async function close(interaction: Interaction, message?: DiscordMessage): Promise<void> {
    try {
      const { state, ephemeral } = await now(interaction)
      // what waits without a message is still to be filled by somebody
      if (state === 'waiting' && message)
        return ephemeral ? void (await fill(interaction, message, true, true)) : await takeBack(interaction)
      if (state !== 'open') return
      if (message) return void (await answer(interaction, message, { ephemeral: true, nonce: undefined }))
      if (interaction.kind === 'button') {
        if (await first(interaction, { type: InteractionResponseType.DeferredMessageUpdate })) set(interaction, 'given')
        return
      }
      await acknowledge(interaction, true)
      if (answers.find(interaction.id)?.state === 'waiting') await takeBack(interaction)
    } catch (error) {
      if (!isRestError(error, deadTokenCodes)) throw error
      set(interaction, 'gone')
    }
  }

  async function open(interaction: Interaction, data: unknown): Promise<boolean> {
    if ((await now(interaction)).state !== 'open') return false
    const opened = await first(interaction, { type: InteractionResponseType.Modal, data })
    if (opened) set(interaction, 'given')
    return opened !== undefined
  }

  function isSame(there: MessageData | undefined, { body }: DiscordMessage): boolean {
    return there !== undefined && there.components[0]?.id === body.components[0].id
  }

  return { begin: (interaction) => void set(interaction, 'open'), acknowledge, answer, close, open }
}
