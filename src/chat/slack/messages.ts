// Messages of the bot: posted once, changed, taken away. A picture cannot be put into a message that is there already (people
// see a broken one), so an edit with another picture posts the message anew and takes the old one away; that also tells its
// reader that something happened.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type Mark, marks as markFaces } from '../marks.ts'
import type { Outgoing } from '../outgoing.ts'
import { type Api, type Arguments, hasCode, type SlackError } from './api.ts'
import { contentOf, hashOf, inlinePictures, isInline, type Uploaded } from './blocks.ts'
import type { Files, Upload } from './files.ts'
import type { Handle, KeptFile } from './handle.ts'
import type { Log } from './log.ts'
import { lookBack, metadataOf } from './look-back.ts'
import { goneCodes } from './refusals.ts'

export interface Place {
  readonly channel: string
  readonly thread?: string | undefined
}

export interface Messages {
  /** @throws SlackError */
  post(place: Place, outgoing: Outgoing): Promise<Handle>
  /** Undefined: it is gone. */
  edit(handle: Handle, outgoing: Outgoing): Promise<Handle | undefined>
  remove(handle: Handle): Promise<void>
}

export interface MessagesOptions {
  readonly api: Api
  readonly files: Files
  readonly botUser: string
  readonly log: Log
}

export function createMessages({ api, files, botUser, log }: MessagesOptions): Messages {
  /** Posts under way, by place and nonce: the same one twice at once is one. */
  const underWay = new Map<string, Promise<Handle>>()

  function once(place: Place, nonce: string, outgoing: Outgoing, sinceTs?: string): Promise<Handle> {
    const key = `${place.channel} ${place.thread ?? ''} ${nonce}`
    const posting = underWay.get(key) ?? create(place, outgoing, nonce, sinceTs).finally(() => underWay.delete(key))
    underWay.set(key, posting)
    return posting
  }

  /** Posts, unless a message with this nonce is there. */
  async function create(place: Place, outgoing: Outgoing, nonce: string | undefined, sinceTs?: string): Promise<Handle> {
    const found = nonce === undefined ? undefined : await lookBack(api, place, nonce, sinceTs, botUser, log)
    const handle: Handle = found
      ? { ...place, ts: found.ts, files: [...found.files], shares: [], marks: [] }
      : await createNew(place, outgoing, nonce)
    const shared = await shareAll(handle, outgoing, found?.shared)
    return putMarks({ ...handle, shares: shared }, outgoing.marks ?? [])
  }

  async function createNew(place: Place, outgoing: Outgoing, nonce: string | undefined): Promise<Handle> {
    const kept = await uploadAll(outgoing)
    const answer = await whenProcessed('chat.postMessage', {
      ...messageArguments(outgoing, new Map(kept.map(({ hash, id }) => [hash, id]))),
      channel: place.channel,
      thread_ts: place.thread,
      unfurl_links: false,
      unfurl_media: false,
      ...(nonce !== undefined && { metadata: metadataOf(nonce, kept) }),
    }).catch(async (error: SlackError) => {
      // where no answer came, the message may be there and show them
      if (!/^(unreachable|http-)/.test(error.code)) await Promise.allSettled(kept.map(({ id }) => files.delete(id)))
      throw error
    })
    const { channel, ts } = postedSchema.parse(answer)
    return { ...place, channel, ts, files: kept, shares: [], marks: [] }
  }

  /** Slack looks at a file after it has taken it, and until then says that there is none. */
  async function whenProcessed(method: string, args: Arguments): Promise<unknown> {
    for (const waitMs of [250, 500, 1000, 2000, 4000, 8000, 0]) {
      try {
        return await api.call(method, args, { once: true })
      } catch (error) {
        const early = hasCode(error, ['invalid_blocks']) && error.details.some((detail) => /slack.?file/i.test(detail))
        if (!early || waitMs === 0) throw error
        await sleep(waitMs)
      }
    }
  }

  async function uploadAll(outgoing: Outgoing): Promise<KeptFile[]> {
    const kept: KeptFile[] = []
    for (const picture of inlinePictures(outgoing)) {
      const hash = hashOf(picture.bytes)
      if (!kept.some((one) => one.hash === hash)) kept.push({ hash, id: await files.upload(picture) })
    }
    return kept
  }

  async function shareAll(handle: Handle, outgoing: Outgoing, shared: Shared = new Map()): Promise<Handle['shares']> {
    const all: Handle['shares'] = []
    for (const file of sharedFiles(outgoing)) {
      const hash = hashOf(file.bytes)
      const before = handle.shares.find((one) => one.hash === hash) ?? shared.get(file.fileName)
      all.push({ hash, ...(before ?? (await files.share(file, handle.channel, handle.thread))) })
    }
    return all
  }

  async function putMarks(handle: Handle, marks: readonly Mark[]): Promise<Handle> {
    const names = marks.map(emojiName).filter((name) => !handle.marks.includes(name))
    for (const name of names) {
      await api.call('reactions.add', { channel: handle.channel, timestamp: handle.ts, name }).catch((error: SlackError) => {
        // the message is there, and people can react by themselves
        if (error.code !== 'already_reacted') log.warn({ code: error.code }, 'an emoji could not be put under a message')
      })
    }
    return names.length === 0 ? handle : { ...handle, marks: [...handle.marks, ...names] }
  }

  async function replace(old: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    if (!(await exists(old))) return successor(old, outgoing)
    const { channel, thread } = old
    const fresh = await once({ channel, thread }, insteadOf(old), outgoing, old.ts)
    await remove(old)
    return fresh
  }

  /** Gone, or replaced just before a crash by a message of which nobody was told. */
  async function successor(old: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    const found = await lookBack(api, old, insteadOf(old), old.ts, botUser, log)
    return found && edit({ ...old, ts: found.ts, files: [...found.files], shares: [], marks: [] }, outgoing)
  }

  async function edit(handle: Handle, outgoing: Outgoing): Promise<Handle | undefined> {
    const wanted = inlinePictures(outgoing).map(({ bytes }) => hashOf(bytes))
    if (wanted.some((hash) => !handle.files.some((file) => file.hash === hash))) {
      return replace(handle, outgoing)
    }
    const passing = outgoing.tone === 'waiting' || outgoing.tone === 'running'
    const args = {
      ...messageArguments(outgoing, new Map(handle.files.map(({ hash, id }) => [hash, id]))),
      channel: handle.channel,
      ts: handle.ts,
    }
    try {
      await api.call('chat.update', args, { droppable: passing })
    } catch (error) {
      if (hasCode(error, goneCodes)) return successor(handle, outgoing)
      // the next step of the progress comes soon; the end waits its turn
      if (passing && hasCode(error, ['ratelimited'])) return handle
      throw error
    }
    const files = await keep(handle.files, (file) => wanted.includes(file.hash))
    const shares = await shareAll(handle, outgoing)
    await removeShares(
      handle,
      handle.shares.filter((one) => !shares.some(({ id }) => id === one.id)),
    )
    return putMarks({ ...handle, files, shares }, outgoing.marks ?? [])
  }

  /** Posting anew would bring back what somebody has deleted. */
  async function exists({ channel, ts }: Handle): Promise<boolean> {
    const answer = await api.call('reactions.get', { channel, timestamp: ts }).catch((error: unknown) => {
      if (hasCode(error, goneCodes)) return undefined
      throw error
    })
    return answer !== undefined
  }

  async function keep(kept: readonly KeptFile[], wanted: (file: KeptFile) => boolean): Promise<KeptFile[]> {
    for (const file of kept) if (!wanted(file)) await files.delete(file.id)
    return kept.filter(wanted)
  }

  async function remove(handle: Handle): Promise<void> {
    await deleteMessage(handle.channel, handle.ts)
    await keep(handle.files, () => false)
    await removeShares(handle, handle.shares)
  }

  async function removeShares({ channel }: Handle, shares: Handle['shares']): Promise<void> {
    for (const { id, ts } of shares) {
      await files.delete(id)
      if (ts !== undefined) await deleteMessage(channel, ts)
    }
  }

  async function deleteMessage(channel: string, ts: string): Promise<void> {
    await api.call('chat.delete', { channel, ts }).catch((error: unknown) => {
      if (!hasCode(error, goneCodes)) throw error
    })
  }

  return {
    post: ({ channel, thread }, outgoing) => {
      const place = { channel, thread }
      return outgoing.nonce === undefined ? create(place, outgoing, undefined) : once(place, outgoing.nonce, outgoing)
    },
    edit,
    remove,
  }
}

/** What a message says, for all methods that take one: nothing in it is looked at for names or links. */
export function messageArguments(outgoing: Outgoing, uploaded: Uploaded): Arguments {
  return { ...contentOf(outgoing, uploaded), parse: 'none', link_names: false }
}

function insteadOf({ ts }: Handle): string {
  return `instead-of-${ts}`
}

/** Files that cannot be shown inside a message. */
function sharedFiles({ picture, file, items = [] }: Outgoing): Upload[] {
  const pictures = [picture, ...items.map((item) => item.picture)].filter((one) => one !== undefined)
  return [...pictures.filter((one) => !isInline(one)), ...(file ? [file] : [])]
}

/** Slack's short name: the first that is one. */
function emojiName(mark: Mark): string {
  return markFaces[mark].also.find((name) => /^[a-z0-9_]+$/.test(name))!
}

const postedSchema = z.object({ channel: z.string(), ts: z.string() })

type Shared = ReadonlyMap<string, { readonly id: string; readonly ts: string }>
