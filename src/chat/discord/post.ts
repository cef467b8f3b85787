// Posting to Discord: Outgoing → calls. An interaction is responded to by its own token while that lives; everything else goes with the bot's.
// What only one person may see and can no longer be shown where they are becomes a private message.

import { Routes } from 'discord.js'
import { UserError } from '../../errors.ts'
import type { Json } from '../../store/json.ts'
import type { Form, Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { type Address, addressFrom, type Handle, handleFrom, tokenMs } from './address.ts'
import type { InteractionResponses } from './interactions/interaction-responses.ts'
import type { InteractionStates } from './interactions/interaction-state.ts'
import { type DiscordMessage, linkTo, messageOf } from './layout/message-layout.ts'
import { modalOf } from './layout/modal.ts'
import { deadTokenCodes, directClosedCodes, goneCodes, translateError, unknownMessageCodes } from './rest/error-codes.ts'
import { idFrom, isEphemeral, type MessageData, messageFrom } from './rest/message-schemas.ts'
import { isRestError, type SendRestCall } from './rest/rest-calls.ts'

export interface PostParts {
  readonly call: SendRestCall
  readonly responses: InteractionResponses
  readonly states: Pick<InteractionStates<Posted>, 'postedWith' | 'rememberPosted' | 'inTurn'>
  readonly application: () => string
  readonly nowMs: () => number
  readonly maxBytes: number
}

export function createPost(
  parts: PostParts,
): Required<Pick<Platform, 'acknowledge' | 'post' | 'postEphemeral' | 'edit' | 'remove' | 'open'>> {
  const { call, responses, states, application, nowMs, maxBytes } = parts

  async function acknowledge(json: Json, audience: Outgoing['audience']): Promise<void> {
    const { interaction, direct } = addressFrom(json)
    if (!interaction) return
    await states.inTurn(interaction.id, () => responses.defer(interaction, audience !== 'everyone' && !direct))
  }

  async function post(json: Json, outgoing: Outgoing): Promise<Posted> {
    const address = addressFrom(json)
    const { interaction } = address
    try {
      return await (interaction ? states.inTurn(interaction.id, () => postOnce(address, outgoing)) : postAny(address, outgoing))
    } catch (error) {
      throw translateError(error, maxBytes)
    }
  }

  /** Only what a person did just now can be responded to so. */
  async function postEphemeral(json: Json, outgoing: Outgoing): Promise<Posted | undefined> {
    const address = addressFrom(json)
    const { interaction } = address
    return interaction ? states.inTurn(interaction.id, () => respond(address, outgoing, true)) : undefined
  }

  async function postOnce(address: Address, outgoing: Outgoing): Promise<Posted> {
    const { id } = address.interaction!
    const { nonce } = outgoing
    const there = nonce === undefined ? undefined : states.postedWith(id, nonce)
    if (there) return there
    const posted = await postAny(address, outgoing)
    if (nonce !== undefined) states.rememberPosted(id, nonce, posted)
    return posted
  }

  function postAny(address: Address, outgoing: Outgoing): Promise<Posted> {
    return outgoing.audience === 'direct' && !address.direct ? postDirect(address, outgoing) : postThere(address, outgoing)
  }

  async function postThere(address: Address, outgoing: Outgoing): Promise<Posted> {
    const ephemeral = outgoing.audience !== 'everyone' && !address.direct
    const response = await respond(address, outgoing, ephemeral)
    if (response) return response
    return ephemeral ? sendDirect(address, outgoing) : postedAs(await create(address.channel, outgoing))
  }

  /** Undefined: there is nothing to respond to, or it takes no response any more. */
  async function respond({ interaction, channel, guest }: Address, outgoing: Outgoing, ephemeral: boolean): Promise<Posted | undefined> {
    if (!interaction) return undefined
    const { nonce } = outgoing
    // by the bot's own token Discord makes sure that what has a nonce comes once
    const post = nonce === undefined || ephemeral ? undefined : () => createIfAllowed(channel, outgoing)
    const made = await responses.respond(interaction, messageOf(outgoing, ephemeral), { ephemeral, nonce, post })
    if (!made) return undefined
    const untilMs = interaction.atMs + tokenMs
    const posted = postedAs(made, { token: interaction.token, untilMs })
    return guest || isEphemeral(made) ? { ...posted, editableUntilMs: untilMs } : posted
  }

  /** A private message; the response then points to it. Where private messages are closed, the message is the response. */
  async function postDirect(address: Address, outgoing: Outgoing): Promise<Posted> {
    const { interaction } = address
    try {
      const posted = await sendDirect(address, outgoing)
      const { channel, message } = handleFrom(posted.handle)
      // The message is there: a pointer to it that fails is no reason to send another.
      if (interaction) await responses.close(interaction, linkTo(channel, message)).catch(() => undefined)
      return posted
    } catch (error) {
      const closed = error instanceof UserError && error.code === 'direct-closed'
      const response = closed && (await respond(address, outgoing, true))
      if (response) return response
      throw error
    }
  }

  /** @throws UserError direct-closed */
  async function sendDirect({ person }: Address, outgoing: Outgoing): Promise<Posted> {
    try {
      const channel = idFrom(await call({ method: 'POST', path: Routes.userChannels(), body: { recipient_id: person } }))
      return postedAs(await create(channel, outgoing))
    } catch (error) {
      if (!isRestError(error, directClosedCodes)) throw error
      const sentence = 'I cannot write to you alone: allow direct messages from this server in its privacy settings, then ask again.'
      throw new UserError('direct-closed', sentence, {})
    }
  }

  async function createIfAllowed(channel: string, outgoing: Outgoing): Promise<MessageData | undefined> {
    try {
      return await create(channel, outgoing)
    } catch (error) {
      // brought along by a person where the bot is no member: it may only respond
      if (isRestError(error, goneCodes)) return undefined
      throw error
    }
  }

  async function create(channel: string, outgoing: Outgoing): Promise<MessageData> {
    const { body, files } = messageOf(outgoing)
    const once = outgoing.nonce === undefined ? {} : { nonce: outgoing.nonce, enforce_nonce: true }
    return messageFrom(await call({ method: 'POST', path: Routes.channelMessages(channel), body: { ...body, ...once }, files }))
  }

  function postedAs(made: MessageData, token: Pick<Handle, 'token' | 'untilMs'> = { token: null, untilMs: 0 }): Posted {
    const handle: Handle = { channel: made.channel_id, message: made.id, ephemeral: isEphemeral(made), ...token }
    return { handle, messages: [made.id] }
  }

  async function edit({ handle: json, ...there }: Posted, outgoing: Outgoing): Promise<Posted | undefined> {
    const handle = handleFrom(json)
    try {
      if (outgoing.mention !== undefined && !handle.ephemeral) return await replace(handle, outgoing)
      return (await change(handle, 'PATCH', messageOf(outgoing))) ? { handle, ...there } : undefined
    } catch (error) {
      throw translateError(error, maxBytes)
    }
  }

  /** An edit tells nobody that it was made: who is to be told gets a new message in place of the old one. */
  async function replace(handle: Handle, outgoing: Outgoing): Promise<Posted | undefined> {
    const made = await createIfAllowed(handle.channel, { ...outgoing, nonce: `r${handle.message}` })
    if (!made) return (await change(handle, 'PATCH', messageOf(outgoing))) ? { handle, messages: [handle.message] } : undefined
    await change(handle, 'DELETE')
    return postedAs(made)
  }

  async function remove({ handle }: Posted): Promise<void> {
    await change(handleFrom(handle), 'DELETE')
  }

  /** By the token of the interaction while that lives, then by the bot's own. @returns whether the message was there and could be reached */
  async function change(
    { token, untilMs, message, channel, ephemeral }: Handle,
    method: 'PATCH' | 'DELETE',
    to?: DiscordMessage,
  ): Promise<boolean> {
    if (token !== null && nowMs() < untilMs) {
      try {
        await call({ method, path: Routes.webhookMessage(application(), token, message), ...to, auth: false })
        return true
      } catch (error) {
        if (isRestError(error, unknownMessageCodes)) return false
        if (!isRestError(error, deadTokenCodes)) throw error
      }
    }
    if (ephemeral) return false
    try {
      await call({ method, path: Routes.channelMessage(channel, message), ...to })
      return true
    } catch (error) {
      if (isRestError(error, goneCodes)) return false
      throw error
    }
  }

  /** @throws UserError no-dialog-here, dialog-too-late */
  async function open(json: Json, form: Form): Promise<void> {
    const { interaction } = addressFrom(json)
    if (!interaction || interaction.kind === 'dialog') {
      throw new UserError('no-dialog-here', 'A dialog opens only after a slash command or a button: type / and choose one.', {})
    }
    const opened = await states.inTurn(interaction.id, () => responses.open(interaction, modalOf(form)))
    if (!opened) throw new UserError('dialog-too-late', 'That took too long for a dialog to open: try once more.', {})
  }

  return { acknowledge, post, postEphemeral, edit, remove, open }
}
