// Messages of the bot: posted once, edited, deleted. A picture cannot be put into a message that is there already (people
// see a broken one), so an edit with another picture posts the message anew and takes the old one away; that also tells its
// reader that something happened.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Outgoing } from '../../contract/outgoing.ts'
import { goneCodes } from '../api/error-codes.ts'
import type { RedactedLog } from '../api/redacted-log.ts'
import { type Arguments, hasCode, mayBeDone, type SlackApi, SlackError } from '../api/web-api.ts'
import { contentOf, hashOf, inlinePictures, type Uploaded } from '../layout/blocks.ts'
import { createMessageAttachments } from './attachments.ts'
import type { FileTransfer } from './file-transfer.ts'
import { createFindPosted, metadataOf, type PostLocation } from './find-posted.ts'
import type { Handle } from './message-handle.ts'

export interface Messages {
  /**
   * @param heardMs when that was said to which this responds: no message with its nonce is older
   * @throws SlackError
   */
  post(place: PostLocation, outgoing: Outgoing, heardMs: number): Promise<Handle>
  /** Undefined: it is gone. */
  edit(handle: Handle, outgoing: Outgoing): Promise<Handle | undefined>
  remove(handle: Handle): Promise<void>
}

export interface MessagesOptions {
  readonly api: SlackApi
  readonly files: FileTransfer
  readonly botUser: string
  readonly log: RedactedLog
}

export function createMessages({ api, files, botUser, log }: MessagesOptions): Messages {
  const attachments = createMessageAttachments(files)
  const findPosted = createFindPosted(api, botUser, log)
  const startedMs = Date.now()
  /** Posts under way, by place and nonce: the same one twice at once is one. */
  const underWay = new Map<string, Promise<Handle>>()
  /** Tried by this process, whatever came of it. */
  const tried = new Set<string>()

  function once(place: PostLocation, nonce: string, outgoing: Outgoing, sinceMs: number): Promise<Handle> {
    const key = `${place.channel} ${place.thread ?? ''} ${nonce}`
    const posting = underWay.get(key) ?? createOnce(place, nonce, outgoing, sinceMs, tried.has(key)).finally(() => underWay.delete(key))
    underWay.set(key, posting)
    tried.add(key)
    if (tried.size > 5000) tried.delete(tried.values().next().value!)
    return posting
  }

  /** Reading back is a call: it is spared where nobody can have posted it before. */
  async function createOnce(place: PostLocation, nonce: string, outgoing: Outgoing, sinceMs: number, again: boolean): Promise<Handle> {
    if (!again && sinceMs > startedMs) return create(place, outgoing, nonce)
    const { found, shared } = await findPosted(place, nonce, tsOf(sinceMs - skewMs))
    if (!found) return create(place, outgoing, nonce)
    return complete({ ...place, ts: found.ts, files: [...found.files], shares: [] }, outgoing, async () => shared)
  }

  async function create(place: PostLocation, outgoing: Outgoing, nonce?: string): Promise<Handle> {
    const uploaded = await attachments.upload(outgoing)
    const response = await whenProcessed('chat.postMessage', {
      ...messageArguments(outgoing, uploadedOf(uploaded)),
      channel: place.channel,
      thread_ts: place.thread,
      unfurl_links: false,
      unfurl_media: false,
      ...(nonce !== undefined && { metadata: metadataOf(nonce, uploaded) }),
    }).catch(async (error: SlackError) => {
      // where no answer came, the message may be there and show them
      if (!mayBeDone(error.code)) await Promise.allSettled([attachments.deleteUnwanted(uploaded, () => false)])
      throw error
    })
    const { channel, ts } = postedSchema.parse(response)
    return complete({ ...place, channel, ts, files: uploaded, shares: [] }, outgoing, async () => new Map())
  }

  async function complete(handle: Handle, outgoing: Outgoing, before: Parameters<typeof attachments.share>[2]): Promise<Handle> {
    return { ...handle, shares: await attachments.share(handle, outgoing, before) }
  }

  /** Slack looks at a file after it has taken it, and until then says that there is none. */
  async function whenProcessed(method: string, args: Arguments): Promise<unknown> {
    for (const waitMs of [250, 500, 1000, 2000, 4000, 8000, 0]) {
      try {
        return await api.call(method, args, { once: true })
      } catch (error) {
        const early = hasCode(error, ['invalid_blocks']) && error.details.some((detail) => /slack.?file/i.test(detail))
        if (!early) throw error
        // it may be done at the next try
        if (waitMs === 0) throw new SlackError(method, 'file-unprocessed', error.details)
        await sleep(waitMs)
      }
    }
  }

  /** An update shows no new picture inline, and tells nobody. */
  async function edit(handle: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    return outgoing.mention !== undefined || showsAnew(handle, outgoing) ? replace(handle, outgoing) : update(handle, outgoing)
  }

  async function update(handle: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    const wanted = hashesOf(outgoing)
    const { channel, ts } = handle
    const isProgress = outgoing.tone === 'waiting' || outgoing.tone === 'running'
    try {
      await api.call('chat.update', { ...messageArguments(outgoing, uploadedOf(handle.files)), channel, ts }, { droppable: isProgress })
    } catch (error) {
      if (hasCode(error, goneCodes)) return successor(handle, outgoing)
      // the next step of the progress comes soon; the end waits its turn
      if (isProgress && hasCode(error, ['ratelimited'])) return handle
      throw error
    }
    const files = await attachments.deleteUnwanted(handle.files, (file) => wanted.includes(file.hash))
    const edited = await complete({ ...handle, files }, outgoing, async () => (await findPosted(handle, undefined, ts)).shared)
    await removeShares(
      channel,
      handle.shares.filter((one) => !edited.shares.some(({ id }) => id === one.id)),
    )
    return edited
  }

  async function replace(old: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    // posting anew would bring back what somebody has deleted
    if (!(await exists(old))) return successor(old, outgoing)
    const { channel, thread } = old
    const fresh = await once({ channel, thread }, insteadOf(old), outgoing, Number(old.ts) * 1000)
    await remove(old)
    return fresh
  }

  /** Gone, or replaced just before a crash by a message of which nobody was told. */
  async function successor(old: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    const { found } = await findPosted(old, insteadOf(old), old.ts)
    if (!found) return undefined
    // it has told already whom it was to tell
    const handle = { ...old, ts: found.ts, files: [...found.files], shares: [] }
    return showsAnew(handle, outgoing) ? replace(handle, outgoing) : update(handle, outgoing)
  }

  async function exists({ channel, ts }: Handle): Promise<boolean> {
    const response = await api.call('reactions.get', { channel, timestamp: ts }).catch((error: unknown) => {
      if (hasCode(error, goneCodes)) return undefined
      throw error
    })
    return response !== undefined
  }

  async function remove({ channel, ts, files, shares }: Handle): Promise<void> {
    await deleteMessage(channel, ts)
    await attachments.deleteUnwanted(files, () => false)
    await removeShares(channel, shares)
  }

  async function removeShares(channel: string, shares: Handle['shares']): Promise<void> {
    await attachments.deleteUnwanted(shares, () => false)
    for (const { ts } of shares) if (ts !== undefined) await deleteMessage(channel, ts)
  }

  async function deleteMessage(channel: string, ts: string): Promise<void> {
    await api.call('chat.delete', { channel, ts }).catch((error: unknown) => {
      if (!hasCode(error, goneCodes)) throw error
    })
  }

  return {
    post: ({ channel, thread }, outgoing, heardMs) => {
      const place = { channel, thread }
      return outgoing.nonce === undefined ? create(place, outgoing) : once(place, outgoing.nonce, outgoing, heardMs)
    },
    edit,
    remove,
  }
}

/** What a message says, for all methods that take one: nothing in it is looked at for names or links. */
export function messageArguments(outgoing: Outgoing, uploaded: Uploaded, actionOf?: (n: number) => string): Arguments {
  return { ...contentOf(outgoing, uploaded, actionOf), parse: 'none', link_names: false }
}

function uploadedOf(files: Handle['files']): Uploaded {
  return new Map(files.map(({ hash, id }) => [hash, id]))
}

function insteadOf({ ts }: Handle): string {
  return `instead-of-${ts}`
}

/** Slack's clock and ours. */
const skewMs = 60_000

function tsOf(ms: number): string {
  return (ms / 1000).toFixed(6)
}

const postedSchema = z.object({ channel: z.string(), ts: z.string() })

const hashesOf = (outgoing: Outgoing): string[] => inlinePictures(outgoing).map(({ bytes }) => hashOf(bytes))

const showsAnew = ({ files }: Handle, outgoing: Outgoing): boolean =>
  hashesOf(outgoing).some((hash) => !files.some((file) => file.hash === hash))
