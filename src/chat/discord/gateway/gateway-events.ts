// Gateway events, handed to the receiver. Nothing that comes in stops the process, and every interaction gets a response.

import { type APIApplicationCommandOptionChoice, InteractionResponseType, InteractionType, Routes } from 'discord.js'
import type { Choice } from '../../contract/incoming.ts'
import type { PlatformLimits, Receiver } from '../../contract/platform.ts'
import { withTimeout } from '../../time-limit.ts'
import { addressFrom, type Interaction } from '../address.ts'
import type { Surroundings } from '../channel-access.ts'
import type { InteractionResponses } from '../interactions/interaction-responses.ts'
import type { InteractionStates } from '../interactions/interaction-state.ts'
import { messageOf } from '../layout/message-layout.ts'
import { withMentionsNamed } from '../mentions.ts'
import type { Names } from '../names.ts'
import { incomingOf, incomingOfMessage, incomingOfReaction, typingOf } from '../receive.ts'
import type { SendRestCall } from '../rest/rest-calls.ts'
import type { GatewayPacket } from './connection.ts'
import { type InteractionEvent, interactionFrom, messageFrom, reactionFrom, sessionIn } from './event-schemas.ts'

export interface GatewayEventsParts {
  readonly surroundings: () => Surroundings
  readonly receiver: () => Receiver | undefined
  readonly call: SendRestCall
  readonly names: Names
  readonly responses: Pick<InteractionResponses, 'begin' | 'close'>
  readonly states: Pick<InteractionStates<unknown>, 'inTurn'>
  readonly limits: Pick<PlatformLimits, 'responseMs' | 'choices'>
  readonly nowMs: () => number
  readonly warn: (error: unknown) => void
  /** Told of everything that is under way. */
  readonly track: (work: Promise<void>) => void
}

/** @returns whether it was an event for the receiver; discord.js then has no more to do with it */
export function createGatewayEvents(parts: GatewayEventsParts): (packet: GatewayPacket, shard: number) => boolean {
  const { surroundings, receiver, call, names, responses, states, limits, nowMs, warn, track } = parts

  /** Sequence numbers begin anew with each session. */
  const sessions = new Map<number, string>()

  function onPacket({ t, s, d }: GatewayPacket, shard: number): boolean {
    if (t === 'READY') sessions.set(shard, sessionIn(d))
    if (t !== 'INTERACTION_CREATE' && t !== 'MESSAGE_REACTION_ADD' && t !== 'MESSAGE_CREATE') return false
    const to = receiver()
    if (to) track(receive(t, `${sessions.get(shard) ?? ''}.${s}`, d, to).catch(warn))
    return true
  }

  /** @param delivery the same where Discord delivers an event again */
  async function receive(type: string, delivery: string, data: unknown, to: Receiver): Promise<void> {
    if (type === 'INTERACTION_CREATE') {
      const event = interactionFrom(data)
      if (!event) throw new Error('Discord sent an interaction without id or token: it cannot be answered')
      return event.type === InteractionType.ApplicationCommandAutocomplete ? complete(event, to) : interact(event, to)
    }
    if (type === 'MESSAGE_REACTION_ADD') {
      const event = reactionFrom(data)
      const incoming = event && incomingOfReaction(event, delivery, surroundings())
      if (!incoming) return
      const name = incoming.name || ((await names.ofPerson(event.user_id, event.guild_id)) ?? '')
      return to.receive({ ...incoming, name })
    }
    const event = messageFrom(data)
    const incoming = event && incomingOfMessage(event, surroundings())
    if (!incoming) return
    names.remember(event.author.id, undefined, incoming.name)
    return to.receive(await withMentionsNamed(incoming, undefined, names))
  }

  async function interact(event: InteractionEvent, to: Receiver): Promise<void> {
    const incoming = incomingOf(event, surroundings(), nowMs())
    if (!incoming) {
      const interaction: Interaction = { id: event.id, token: event.token, kind: 'command', atMs: nowMs() }
      responses.begin(interaction)
      return finish(
        interaction,
        messageOf({ audience: 'asker', tone: 'failed', text: 'Discord did not say who asked: try once more.' }, true),
      )
    }
    const interaction = addressFrom(incoming.address).interaction!
    responses.begin(interaction)
    try {
      names.remember(incoming.owner.person, event.guild_id, incoming.name)
      await to.receive(await withMentionsNamed(incoming, event.guild_id, names))
    } finally {
      await finish(interaction)
    }
  }

  /** What gets no response would be shown as a failure. */
  function finish(interaction: Interaction, message?: ReturnType<typeof messageOf>): Promise<void> {
    return states.inTurn(interaction.id, () => responses.close(interaction, message))
  }

  async function complete(event: InteractionEvent, to: Receiver): Promise<void> {
    const typing = typingOf(event, surroundings())
    // nothing is better than too late
    const choices = typing ? await withTimeout(limits.responseMs - 500, to.complete(typing), () => []) : []
    await call({
      method: 'POST',
      path: Routes.interactionCallback(event.id, event.token),
      body: { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices: offered(choices) } },
      auth: false,
    })
  }

  /** A value that is cut would be another one; what looks like another is not offered. */
  function offered(choices: readonly Choice[]): APIApplicationCommandOptionChoice<string>[] {
    const byName = new Map<string, string>()
    for (const { value, label } of choices) {
      const name = label.slice(0, 100)
      if (value !== '' && value.length <= 100 && name !== '' && !byName.has(name)) byName.set(name, value)
    }
    return [...byName].slice(0, limits.choices).map(([name, value]) => ({ name, value }))
  }

  return onPacket
}
