// The workspace, as far as it must be known: names and languages of users, who is an admin, where the bot is a member. Slack tells none of this
// with an event, and a dialog must be opened three seconds after it: so it is memoized, and never waited for long.

import { z } from 'zod'
import { omitUndefined } from '../../omit-undefined.ts'
import { withTimeout } from '../time-limit.ts'
import { type Memoized, memoize } from './api/memoize.ts'
import type { RedactedLog } from './api/redacted-log.ts'
import type { BotIdentity } from './api/sign-in.ts'
import { hasCode, type SlackApi, type SlackError } from './api/web-api.ts'

export interface Workspace {
  user(id: string): Promise<SlackUser>
  /** Ids of the user groups that the user is in. */
  groups(user: string): Promise<readonly string[]>
  conversation(id: string, user: string): Promise<Conversation>
}

export interface SlackUser {
  readonly name: string
  readonly admin: boolean
  readonly bot: boolean
  readonly locale: string
}

export interface Conversation {
  /** Of this user with the bot. */
  readonly direct: boolean
  readonly missing: readonly string[]
  readonly locale?: string
}

const minuteMs = 60_000
const giveUpAfterMs = 1500

export function createWorkspace(api: SlackApi, identity: BotIdentity, log: RedactedLog): Workspace {
  const users = memoize(10 * minuteMs, async (id): Promise<SlackUser> => {
    const { user } = userSchema.parse(await api.call('users.info', { user: id, include_locale: true }))
    return {
      name: user.profile?.display_name || user.profile?.real_name || user.real_name || user.name || id,
      admin: Boolean(user.is_admin || user.is_owner || user.is_primary_owner),
      bot: Boolean(user.is_bot),
      locale: user.locale || 'en',
    }
  })

  const members = memoize(10 * minuteMs, async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const response = await api.call('usergroups.list', { include_users: true }).catch(deniedScope)
    const groupsOf = new Map<string, string[]>()
    for (const { id, users } of response ? groupsSchema.parse(response).usergroups : [])
      for (const user of users ?? []) groupsOf.set(user, [...(groupsOf.get(user) ?? []), id])
    return groupsOf
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
    const locale = channel.locale ? { locale: channel.locale } : {}
    if (channel.is_im) return { missing: [], ...locale, ...omitUndefined({ with: channel.user }) }
    if (channel.is_archived) return { missing: ['an open channel: this one is archived'], ...locale }
    return { missing: channel.is_member || channel.is_mpim ? [] : [`/invite @${identity.name}`], ...locale }
  }

  return {
    user: (id) => soon(users, id, { name: id, admin: false, bot: false, locale: 'en' }, log),
    async groups(user) {
      return (await soon(members, '', new Map(), log)).get(user) ?? []
    },
    async conversation(id, user) {
      // where it is not known whose it is, a conversation of two is private
      const otherwise = { missing: [], ...(id.startsWith('D') && { with: user }) }
      const { with: other, ...known } = await soon(conversations, id, otherwise, log)
      return { direct: other === user, ...known }
    },
  }
}

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
    profile: z.object({ display_name: z.string().optional(), real_name: z.string().optional() }).optional(),
  }),
})

const groupsSchema = z.object({ usergroups: z.array(z.object({ id: z.string(), users: z.array(z.string()).optional() })) })

const conversationSchema = z.object({
  channel: z.object({
    is_im: z.boolean().optional(),
    is_mpim: z.boolean().optional(),
    is_member: z.boolean().optional(),
    is_archived: z.boolean().optional(),
    user: z.string().optional(),
    locale: z.string().optional(),
  }),
})
