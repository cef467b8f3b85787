// Posting to Slack: Outgoing → calls. Who sees it decides where it goes.

import { z } from 'zod'
import { createLruCache } from '../../lru-cache.ts'
import type { Json } from '../../store/json.ts'
import { commandText, maxCommandChars } from '../contract/command-text.ts'
import type { Form, Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { type Address, readAddress } from './address.ts'
import { cannotPost, lateCodes, translateError } from './api/error-codes.ts'
import { memoize } from './api/memoize.ts'
import type { RedactedLog } from './api/redacted-log.ts'
import type { BotIdentity } from './api/sign-in.ts'
import { hasCode, type SlackApi, type SlackError } from './api/web-api.ts'
import { hashOf } from './layout/blocks.ts'
import { viewOf } from './layout/modal.ts'
import { canBeEphemeral, type EphemeralMessages, ephemeralContent } from './messages/ephemeral.ts'
import { postedAs, readHandle } from './messages/message-handle.ts'
import type { Messages } from './messages/messages.ts'

export interface PostOptions {
  readonly api: SlackApi
  readonly messages: Messages
  readonly ephemeral: EphemeralMessages
  readonly identity: BotIdentity
  readonly log: RedactedLog
}

export type Post = Required<Pick<Platform, 'post' | 'postEphemeral' | 'edit' | 'remove' | 'open'>> & {
  /** The dialog that waits behind a button, if this is such a button. */
  waitingForm(action: string): Form | undefined
}

export function createPost({ api, messages, ephemeral, identity, log }: PostOptions): Post {
  const conversations = memoize(60 * 60_000, async (user) => {
    return openedSchema.parse(await api.call('conversations.open', { users: user })).channel.id
  })
  const forms = createLruCache<Form>(500)

  async function post(address: Json, outgoing: Outgoing): Promise<Posted> {
    const to = readAddress(address)
    try {
      if (to.direct || outgoing.audience === 'everyone') return postedAs(await messages.post(to, outgoing, to.heardMs))
      if (outgoing.audience === 'direct') return postedAs(await messages.post(await directChannel(to), outgoing, to.heardMs))
      const posted = canBeEphemeral(outgoing) ? await ephemeral.post(to, ephemeralContent(outgoing)) : undefined
      return posted ?? (await postDirect(to, outgoing))
    } catch (error) {
      throw translateError(error, identity.name)
    }
  }

  async function directChannel({ user }: Address) {
    return { channel: await conversations.get(user) }
  }

  /** As a direct message, and a link to it where the person is. */
  async function postDirect(to: Address, outgoing: Outgoing): Promise<Posted> {
    const handle = await messages.post(await directChannel(to), outgoing, to.heardMs)
    const url = `${identity.url}archives/${handle.channel}/p${handle.ts.replace('.', '')}`
    const { text, tone } = outgoing
    const { blocks, ...content } = ephemeralContent({ audience: 'asker', tone, text })
    const link = { type: 'rich_text_section', elements: [{ type: 'link', url, text: `→ @${identity.name}` }] }
    const pointer = { ...content, blocks: [...(blocks as readonly object[]), { type: 'rich_text', elements: [link] }] }
    await ephemeral
      .post(to, pointer)
      .catch((error: SlackError) => log.warn({ code: error.code }, 'nothing could be said where somebody asked'))
    return postedAs(handle)
  }

  async function open(address: Json, form: Form): Promise<void> {
    const to = readAddress(address)
    if (to.trigger !== undefined) {
      try {
        await api.call('views.open', { trigger_id: to.trigger, view: viewOf(form, to) }, { once: true, droppable: true })
        return
      } catch (error) {
        if (!hasCode(error, lateCodes)) throw error
      }
    }
    await offer(to, form)
  }

  /** A dialog opens only within three seconds of a click: without one, or too late, there is a button to click. */
  async function offer(to: Address, form: Form): Promise<void> {
    const id = `form:${hashOf(Buffer.from(JSON.stringify(form)))}`
    forms.set(id, form)
    const command = commandText(form.action ? `${form.command} ${form.action}` : form.command, form.fixed).slice(0, maxCommandChars)
    const buttons = [{ label: form.submit, command, style: 'main' as const }]
    const outgoing: Outgoing = { audience: 'asker', tone: 'plain', text: form.title, buttons }
    const content = ephemeralContent(outgoing, () => id)
    const shown = to.direct
      ? await api.call('chat.postMessage', { ...content, channel: to.channel, thread_ts: to.thread }, { once: true })
      : await ephemeral.post(to, content)
    if (!shown) throw cannotPost(new Error('no dialog could be opened'), identity.name)
  }

  return {
    post,
    postEphemeral: (address, outgoing) => ephemeral.post(readAddress(address), ephemeralContent(outgoing)),
    async edit(posted, outgoing) {
      const handle = readHandle(posted)
      try {
        const edited = handle && (await messages.edit(handle, outgoing))
        return edited && postedAs(edited)
      } catch (error) {
        throw translateError(error, identity.name)
      }
    },
    async remove(posted) {
      const handle = readHandle(posted)
      if (handle) await messages.remove(handle)
    },
    open,
    waitingForm: (action) => forms.peek(action),
  }
}

const openedSchema = z.object({ channel: z.object({ id: z.string() }) })
