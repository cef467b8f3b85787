// Interaction responses, by the interactions' own tokens: the first within 3 seconds, others for 15 minutes. Where none is taken any more that
// is said by an undefined, and the caller posts elsewhere. Each function is called in turn (`InteractionStates.inTurn`).

import { InteractionResponseType, MessageFlags, Routes } from 'discord.js'
import { type Interaction, tokenMs } from '../address.ts'
import type { DiscordMessage } from '../layout/message-layout.ts'
import { answeredCodes, deadTokenCodes, unknownMessageCodes } from '../rest/error-codes.ts'
import { isEphemeral, isLoading, type MessageData, messageFrom, messageOfCallback } from '../rest/message-schemas.ts'
import { isRestError, type SendRestCall } from '../rest/rest-calls.ts'
import type { InteractionState, InteractionStates, ResponseState } from './interaction-state.ts'

export interface InteractionResponses {
  /** It was received just now. */
  begin(interaction: Interaction): void
  /** People see that a response comes. Nothing, where one was given or none is taken any more. */
  defer(interaction: Interaction, ephemeral: boolean): Promise<void>
  /** Undefined: no response is taken any more. `post` makes a message that is not the first one otherwise; undefined where it cannot. */
  respond(interaction: Interaction, message: DiscordMessage, how: ResponseOptions): Promise<MessageData | undefined>
  /** Responds where nothing has yet: with a message for who asked alone, or without a word. */
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
  readonly states: Pick<InteractionStates<unknown>, 'find' | 'set'>
  readonly application: () => string
  readonly nowMs: () => number
}

/** Within this time of its coming an interaction that Discord does not know has had no response yet. */
const firstResponseMs = 3000

export function createInteractionResponses({ call, states, application, nowMs }: InteractionResponsesParts): InteractionResponses {
  const set = ({ id }: Interaction, state: ResponseState, ephemeral = false): InteractionState =>
    states.set(id, { state, ephemeral }, nowMs())
  const original = ({ token }: Interaction) => Routes.webhookMessage(application(), token, '@original')

  async function defer(interaction: Interaction, ephemeral: boolean): Promise<void> {
    if ((await stateOf(interaction)).state !== 'open') return
    const data = ephemeral ? { flags: MessageFlags.Ephemeral } : undefined
    const done = await callback(interaction, { type: InteractionResponseType.DeferredChannelMessageWithSource, data })
    if (done) set(interaction, 'deferred', ephemeral)
  }

  async function respond(
    interaction: Interaction,
    message: DiscordMessage,
    { ephemeral, nonce, post }: ResponseOptions,
  ): Promise<MessageData | undefined> {
    const before = nonce !== undefined && !states.find(interaction.id) ? await fetchOriginal(interaction) : undefined
    if (isSame(before, message)) return before
    try {
      // Discord counts its three seconds until the last byte has come, and files take their time
      if (message.files.length > 0) await defer(interaction, ephemeral)
      if ((await stateOf(interaction)).state === 'open') {
        const done = await callback(interaction, { type: InteractionResponseType.ChannelMessageWithSource, data: message.body })
        if (done) {
          set(interaction, 'answered', ephemeral)
          return messageOfCallback(done.result)
        }
        // it had come through, and only Discord's word of it was lost
        const there = states.find(interaction.id)?.state === 'answered' ? await fetchOriginal(interaction) : undefined
        if (isSame(there, message)) return there
      }
      const then = await stateOf(interaction)
      if (then.state === 'deferred') return await fillDeferred(interaction, message, then.ephemeral, ephemeral)
      if (then.state === 'answered') return (await post?.()) ?? (await followUp(interaction, message))
    } catch (error) {
      if (!isRestError(error, deadTokenCodes)) throw error
      set(interaction, 'expired')
    }
    return undefined
  }

  /** As it is known; else Discord is asked. */
  async function stateOf(interaction: Interaction): Promise<InteractionState> {
    const known = states.find(interaction.id)
    if (known) return known
    await fetchOriginal(interaction)
    return states.find(interaction.id)!
  }

  /** What an earlier process made of it; gives the message that is the first response. */
  async function fetchOriginal(interaction: Interaction): Promise<MessageData | undefined> {
    const age = nowMs() - interaction.atMs
    try {
      if (age >= tokenMs) return void set(interaction, 'expired')
      const made = messageFrom(await call({ method: 'GET', path: original(interaction), auth: false }))
      set(interaction, isLoading(made) ? 'deferred' : 'answered', isEphemeral(made))
      return made
    } catch (error) {
      if (isRestError(error, unknownMessageCodes)) set(interaction, 'answered')
      else if (isRestError(error, deadTokenCodes)) set(interaction, age < firstResponseMs ? 'open' : 'expired')
      else throw error
      return undefined
    }
  }

  /** The first response. Undefined where somebody responded before, or it is too late: `stateOf` then says which. */
  async function callback(interaction: Interaction, body: unknown): Promise<{ readonly result: unknown } | undefined> {
    const path = Routes.interactionCallback(interaction.id, interaction.token)
    try {
      return { result: await call({ method: 'POST', path, body, query: { with_response: 'true' }, auth: false }) }
    } catch (error) {
      if (isRestError(error, answeredCodes)) await fetchOriginal(interaction)
      else if (isRestError(error, deadTokenCodes)) set(interaction, 'expired')
      else throw error
      return undefined
    }
  }

  /** What says that a response comes becomes the response; where the wrong people see it, it goes and a new message comes. */
  async function fillDeferred(
    interaction: Interaction,
    message: DiscordMessage,
    seenByOne: boolean,
    forOne: boolean,
  ): Promise<MessageData> {
    if (seenByOne !== forOne) {
      await deleteOriginal(interaction)
      return followUp(interaction, message)
    }
    try {
      const body = { ...message.body, flags: message.body.flags & ~MessageFlags.Ephemeral }
      const { files } = message
      const made = messageFrom(await call({ method: 'PATCH', path: original(interaction), body, files, auth: false }))
      set(interaction, 'answered', forOne)
      return made
    } catch (error) {
      if (!isRestError(error, unknownMessageCodes)) throw error
      set(interaction, 'answered')
      return followUp(interaction, message)
    }
  }

  async function followUp(interaction: Interaction, message: DiscordMessage): Promise<MessageData> {
    const path = Routes.webhook(application(), interaction.token)
    return messageFrom(await call({ method: 'POST', path, ...message, query: { wait: 'true' }, auth: false }))
  }

  /** Also lets the next message be one of its own: while it stands there, Discord would fill it with that one. */
  async function deleteOriginal(interaction: Interaction): Promise<void> {
    try {
      await call({ method: 'DELETE', path: original(interaction), auth: false })
    } catch (error) {
      if (!isRestError(error, unknownMessageCodes)) throw error
    }
    set(interaction, 'answered')
  }

  async function close(interaction: Interaction, message?: DiscordMessage): Promise<void> {
    try {
      const { state, ephemeral } = await stateOf(interaction)
      // what is deferred without a message is still to be filled by somebody
      if (state === 'deferred' && message)
        return ephemeral ? void (await fillDeferred(interaction, message, true, true)) : await deleteOriginal(interaction)
      if (state !== 'open') return
      if (message) return void (await respond(interaction, message, { ephemeral: true, nonce: undefined }))
      if (interaction.kind === 'button') {
        if (await callback(interaction, { type: InteractionResponseType.DeferredMessageUpdate })) set(interaction, 'answered')
        return
      }
      await defer(interaction, true)
      if (states.find(interaction.id)?.state === 'deferred') await deleteOriginal(interaction)
    } catch (error) {
      if (!isRestError(error, deadTokenCodes)) throw error
      set(interaction, 'expired')
    }
  }

  async function open(interaction: Interaction, data: unknown): Promise<boolean> {
    if ((await stateOf(interaction)).state !== 'open') return false
    const opened = await callback(interaction, { type: InteractionResponseType.Modal, data })
    if (opened) set(interaction, 'answered')
    return opened !== undefined
  }

  function isSame(there: MessageData | undefined, { body }: DiscordMessage): boolean {
    return there !== undefined && there.components[0]?.id === body.components[0].id
  }

  return { begin: (interaction) => void set(interaction, 'open'), defer, respond, close, open }
}
