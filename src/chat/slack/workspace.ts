// The workspace, as far as it must be known: names and languages of users, who is an admin, where the bot is a member. Slack tells none of this
// with an event, and a dialog must be opened three seconds after it: so it is memoized, and never waited for long.

import { z } from 'zod'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Attachment } from '../contract/attachment.ts'
import type { Reader } from '../contract/platform.ts'
import { withTimeout } from '../time-limit.ts'
import { type Memoized, memoize } from './api/memoize.ts'
import type { RedactedLog } from './api/redacted-log.ts'
import type { BotIdentity } from './api/sign-in.ts'
import { hasCode, type SlackApi, type SlackError } from './api/web-api.ts'
import { attachmentOf, fileSchema } from './layout/modal.ts'
import { type MentionedNames, unnamedIn } from './layout/mrkdwn.ts'

export interface Workspace {
  user(id: string): Promise<SlackUser>
  /** Of what is mentioned in a text without its name. */
  namesIn(text: string): Promise<MentionedNames>
  /** Of channels, people and user groups. Private channels have names for admins alone. */
  namesOf(ids: readonly string[], reader: Reader): Promise<ReadonlyMap<string, string>>
  /** Ids of the user groups that the user is in. */
  groups(user: string): Promise<readonly string[]>
  conversation(id: string, user: string): Promise<Conversation>
  /** Undefined where Slack does not hand it out. */
  file(id: string): Promise<Attachment | undefined>
  /** What people have put into a thread, oldest first; none where the bot may not read it. */
  filesIn(channel: string, thread: string): Promise<readonly Attachment[]>
}

export interface SlackUser {
  /** '' where Slack does not tell. */
  readonly name: string
  /** Of this workspace: somebody of another one may be an admin there. */
  readonly admin: boolean
  readonly bot: boolean
  readonly locale: string
}

export interface Conversation {
  /** Of this user with the bot. */
  readonly direct: boolean
  readonly missing: readonly string[]
  readonly locale?: string
  readonly name?: string
  readonly isPrivate?: boolean
}

const minuteMs = 60_000
const giveUpAfterMs = 1500

export function createWorkspace(api: SlackApi, identity: BotIdentity, log: RedactedLog): Workspace {
  const users = memoize(10 * minuteMs, async (id): Promise<SlackUser> => {
    const { user } = userSchema.parse(await api.call('users.info', { user: id, include_locale: true }))
    return {
      name: user.profile?.display_name || user.profile?.real_name || user.real_name || user.name || '',
      admin: isOurs(user) && Boolean(user.is_admin || user.is_owner || user.is_primary_owner),
      bot: Boolean(user.is_bot),
      locale: user.locale || 'en',
    }
  })

  /** Somebody of another workspace, in a channel that is shared with it. */
  function isOurs({ team_id: team, is_stranger, enterprise_user }: z.infer<typeof userSchema>['user']): boolean {
    return is_stranger !== true && (team == null || team === identity.team || enterprise_user?.teams?.includes(identity.team) === true)
  }

  const userGroups = memoize(10 * minuteMs, async (): Promise<UserGroups> => {
    const response = await api.call('usergroups.list', { include_users: true }).catch(deniedScope)
    const groupsOf = new Map<string, string[]>()
    const handles = new Map<string, string>()
    for (const { id, handle, users } of response ? groupsSchema.parse(response).usergroups : []) {
      if (handle) handles.set(id, handle)
      for (const user of users ?? []) groupsOf.set(user, [...(groupsOf.get(user) ?? []), id])
    }
    return { groupsOf, handles }
  })

  // whoever has just invited the bot tries again at once
  const conversations = memoize(5 * minuteMs, loadConversation, ({ missing }) => missing.length === 0)

  async function loadConversation(id: string): Promise<Known> {
    const response = await api.call('conversations.info', { channel: id, include_locale: true }).catch((error: unknown) => {
      if (hasCode(error, ['channel_not_found', 'not_in_channel', 'missing_scope'])) return undefined
      throw error
    })
    if (!response) return { missing: [id.startsWith('D') ? `a conversation with @${identity.name}` : `/invite @${identity.name}`] }
    const { channel } = conversationSchema.parse(response)
    const { name, is_private: isPrivate } = channel
    const locale = { ...(channel.locale && { locale: channel.locale }), ...omitUndefined({ name, isPrivate }) }
    if (channel.is_im) return { missing: [], ...locale, ...omitUndefined({ with: channel.user }) }
    if (channel.is_archived) return { missing: ['an open channel: this one is archived'], ...locale }
    return { missing: channel.is_member || channel.is_mpim ? [] : [`/invite @${identity.name}`], ...locale }
  }

  const user = (id: string) => soon(users, id, { name: '', admin: false, bot: false, locale: 'en' }, log)

  async function file(id: string): Promise<Attachment | undefined> {
    const response = await api.call('files.info', { file: id }).catch((error: SlackError) => {
      log.warn({ code: error.code }, 'a file of another workspace cannot be read')
      return undefined
    })
    return response && attachmentOf(filedSchema.parse(response).file)
  }

  return {
    user,
    async namesIn(text) {
      const { people, channels } = unnamedIn(text)
      const named = [
        ...people.slice(0, mostLookUps).map(async (id) => [id, (await user(id)).name] as const),
        ...channels.slice(0, mostLookUps).map(async (id) => [id, (await soon(conversations, id, unknownChannel, log)).name ?? ''] as const),
      ]
      return new Map((await Promise.all(named)).filter(([, name]) => name !== ''))
    },
    async namesOf(ids, { asker }) {
      const { handles } = await soon(userGroups, '', noGroups, log)
      const nameOf = async (id: string): Promise<string> => {
        if (handles.has(id)) return `@${handles.get(id)}`
        if (/^[UW]/.test(id)) return (await user(id)).name
        const { name, isPrivate } = await soon(conversations, id, unknownChannel, log)
        return name !== undefined && (!isPrivate || asker.admin) ? `#${name}` : ''
      }
      const named = await Promise.all(ids.map(async (id) => [id, await nameOf(id)] as const))
      return new Map(named.filter(([, name]) => name !== ''))
    },
    async groups(user) {
      return (await soon(userGroups, '', noGroups, log)).groupsOf.get(user) ?? []
    },
    async filesIn(channel, thread) {
      const response = await api.call('conversations.replies', { channel, ts: thread, limit: 200 }).catch((error: SlackError) => {
        log.warn({ code: error.code }, 'a thread cannot be read')
        return undefined
      })
      if (!response) return []
      const files = threadSchema
        .parse(response)
        .messages.flatMap((message) => (message.user === identity.botUser ? [] : (message.files ?? [])))
      const known = files.map(async (one) => attachmentOf(one) ?? (one.id === undefined ? undefined : file(one.id)))
      return (await Promise.all(known)).filter((one) => one !== undefined)
    },
    file,
    async conversation(id, user) {
      // where it is not known whose it is, a conversation of two is private
      const otherwise = { missing: [], ...(id.startsWith('D') && { with: user }) }
      const { with: other, ...known } = await soon(conversations, id, otherwise, log)
      return { direct: other === user, ...known }
    },
  }
}

interface UserGroups {
  readonly groupsOf: ReadonlyMap<string, readonly string[]>
  readonly handles: ReadonlyMap<string, string>
}

const noGroups: UserGroups = { groupsOf: new Map(), handles: new Map() }
const unknownChannel: Known = { missing: [] }
/** More than this in one message is no sentence; each may be a call. */
const mostLookUps = 10

interface Known extends Omit<Conversation, 'direct'> {
  /** The other one in a conversation of two. */
  readonly with?: string
}

/** What can be had soon, or else what harms least: nobody is an admin for want of an answer. */
function soon<T>(source: Memoized<T>, key: string, otherwise: T, log: RedactedLog): Promise<T> {
  const response = source.get(key).catch((error: SlackError) => {
    log.warn({ code: error.code, error: error.message }, 'Slack did not say what was asked')
    return otherwise
  })
  return withTimeout(giveUpAfterMs, response, () => otherwise)
}

function deniedScope(error: unknown): undefined {
  if (hasCode(error, ['missing_scope', 'unknown_method'])) return undefined
  throw error
}

const userSchema = z.object({
  user: z.object({
    name: z.string().optional(),
    real_name: z.string().optional(),
    is_admin: z.boolean().optional(),
    is_owner: z.boolean().optional(),
    is_primary_owner: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    locale: z.string().optional(),
    team_id: z.string().nullish(),
    is_stranger: z.boolean().optional(),
    enterprise_user: z.object({ teams: z.array(z.string()).optional() }).nullish(),
    profile: z.object({ display_name: z.string().optional(), real_name: z.string().optional() }).optional(),
  }),
})

const groupsSchema = z.object({
  usergroups: z.array(z.object({ id: z.string(), handle: z.string().optional(), users: z.array(z.string()).optional() })),
})

const filedSchema = z.object({ file: fileSchema })

const threadSchema = z.object({ messages: z.array(z.object({ user: z.string().optional(), files: z.array(fileSchema).optional() })) })

const conversationSchema = z.object({
  channel: z.object({
    is_im: z.boolean().optional(),
    is_mpim: z.boolean().optional(),
    is_member: z.boolean().optional(),
    is_archived: z.boolean().optional(),
    is_private: z.boolean().optional(),
    name: z.string().optional(),
    user: z.string().optional(),
    locale: z.string().optional(),
  }),
})
