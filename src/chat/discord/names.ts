// Names of channels, roles and people by their ids: from what discord.js knows of its servers, else asked of Discord, once.

import { type Client, type Guild, Routes } from 'discord.js'
import { z } from 'zod'
import { createLruCache } from '../../lru-cache.ts'
import type { Reader } from '../contract/platform.ts'
import { withTimeout } from '../time-limit.ts'
import { unknownMemberCodes } from './rest/error-codes.ts'
import { isRestError, type SendRestCall } from './rest/rest-calls.ts'

export interface Names {
  /** '<#12>', which Discord shows as the name and a way there, '@artists', 'ann'. Channels that the reader does not see are left out. */
  ofIds(ids: readonly string[], reader: Reader): Promise<ReadonlyMap<string, string>>
  /** As others in that server know the person; undefined where Discord does not say it soon. */
  ofPerson(id: string, guild: string | undefined): Promise<string | undefined>
  ofChannel(id: string, guild: string | undefined): string | undefined
  ofRole(id: string, guild: string | undefined): string | undefined
  /** What an event said of somebody. */
  remember(id: string, guild: string | undefined, name: string): void
}

/** Of the three seconds that Discord waits for a response, the rest is for the response. */
const patienceMs = 800
const maxPeople = 5000

export function createNames(client: () => Client, call: SendRestCall): Names {
  const people = createLruCache<string>(maxPeople)
  const keyOf = (id: string, guild: string | undefined) => `${guild ?? ''}/${id}`
  const guildOf = (id: string | undefined) => (id === undefined ? undefined : client().guilds.cache.get(id))

  async function load(id: string, guild: string | undefined): Promise<string | undefined> {
    const path = guild === undefined ? Routes.user(id) : Routes.guildMember(guild, id)
    const body = await call({ method: 'GET', path })
    const { nick, user } = guild === undefined ? { nick: undefined, user: userSchema.parse(body) } : memberSchema.parse(body)
    return nick || user.global_name || user.username
  }

  /** Who has left the server is somebody all the same. */
  async function loadAny(id: string, guild: string | undefined): Promise<string | undefined> {
    if (guild === undefined) return load(id, guild)
    return load(id, guild).catch((error: unknown) => {
      if (isRestError(error, unknownMemberCodes)) return load(id, undefined)
      throw error
    })
  }

  async function ofPerson(id: string, guild: string | undefined): Promise<string | undefined> {
    const key = keyOf(id, guild)
    const known = people.peek(key)
    if (known !== undefined) return known
    const name = await withTimeout(
      patienceMs,
      loadAny(id, guild).catch(() => undefined),
      () => undefined,
    )
    if (name) people.set(key, name)
    return name
  }

  const names: Names = {
    async ofIds(ids, { owner, asker }) {
      const guild = guildOf(owner.space)
      if (!guild) return new Map()
      const nameOf = async (id: string): Promise<string | undefined> => {
        if (guild.channels.cache.has(id)) return asker.admin || maySee(guild, id, asker.roles) ? `<#${id}>` : undefined
        const role = names.ofRole(id, guild.id)
        if (role !== undefined) return `@${role.replace(/^@/, '')}`
        return /^\d{1,20}$/.test(id) ? ofPerson(id, guild.id) : undefined
      }
      const named = await Promise.all(ids.map(async (id) => [id, await nameOf(id)] as const))
      return new Map(named.filter((one): one is readonly [string, string] => one[1] !== undefined))
    },
    ofPerson,
    ofChannel: (id, guild) => guildOf(guild)?.channels.cache.get(id)?.name,
    ofRole: (id, guild) => guildOf(guild)?.roles.cache.get(id)?.name,
    remember: (id, guild, name) => people.set(keyOf(id, guild), name),
  }
  return names
}

function maySee(guild: Guild, channel: string, roles: readonly string[]): boolean {
  const held = [guild.id, ...roles].map((id) => guild.roles.cache.get(id)).filter((role) => role !== undefined)
  return held.some((role) => guild.channels.cache.get(channel)?.permissionsFor(role)?.has('ViewChannel') === true)
}

const userSchema = z.object({ username: z.string(), global_name: z.string().nullish() })
const memberSchema = z.object({ nick: z.string().nullish(), user: userSchema })
