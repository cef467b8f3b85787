// Checks of the services that somebody configured, by calls that leave nothing behind: Discord, Slack, Redis, the content store, and what time
// it is there.

import { createHash, randomBytes } from 'node:crypto'
import { createRestCalls } from '../../chat/discord/rest/rest-calls.ts'
import { silent } from '../../chat/slack/api/redacted-log.ts'
import { signIn } from '../../chat/slack/api/sign-in.ts'
import { createSlackApi } from '../../chat/slack/api/web-api.ts'
import type { SlackConfig } from '../../chat/slack/config.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { readContent } from '../../render/content-store/checked-content.ts'
import { type ContentStoreChoice, openContentStore } from '../../render/content-store/open-content-store.ts'
import { bad, badly, type Finding, good, off, poor } from './finding.ts'

/** A request that is signed, or a token of an interaction, is not taken from a clock that is further off (Slack: five minutes). */
const clockMs = 60_000

/** @param api where Discord's REST API is, such as `https://discord.com/api` */
export async function checkDiscord(token: string, api?: string): Promise<readonly Finding[]> {
  const { PermissionFlagsBits, REST, Routes } = await import('discord.js')
  const { signInError } = await import('../../chat/discord/gateway/sign-in-error.ts')
  const needed = {
    'View Channels': PermissionFlagsBits.ViewChannel,
    'Send Messages': PermissionFlagsBits.SendMessages,
    'Send Messages in Threads': PermissionFlagsBits.SendMessagesInThreads,
    'Attach Files': PermissionFlagsBits.AttachFiles,
    'Embed Links': PermissionFlagsBits.EmbedLinks,
  }
  const rest = new REST({ ...omitUndefined({ api }), timeout: 15_000, retries: 0 }).setToken(token)
  const { send } = createRestCalls(rest, Date.now)
  try {
    const { name } = (await send({ method: 'GET', path: Routes.currentApplication() })) as { name: string }
    const guilds = (await send({ method: 'GET', path: Routes.userGuilds(), query: { limit: '200' } })) as {
      name: string
      permissions: string
    }[]
    if (guilds.length === 0) return [poor('Discord', `${name}, in no server`, 'Start the bot: it prints the address that invites it.')]
    const lacking = guilds.flatMap(({ name: server, permissions }) => {
      const has = BigInt(permissions)
      if ((has & PermissionFlagsBits.Administrator) !== 0n) return []
      const missing = Object.entries(needed).flatMap(([word, bit]) => ((has & bit) === 0n ? [word] : []))
      return missing.length > 0
        ? [poor(`Discord, ${server}`, `lacks ${missing.join(', ')}`, `Give the bot's role there ${missing.join(', ')}.`)]
        : []
    })
    return [good('Discord', `${name}, in ${guilds.length === 1 ? 'one server' : `${guilds.length} servers`}`), ...lacking]
  } catch (error) {
    return [badly('Discord', signInError(error))]
  } finally {
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }
}

/** @param url of Slack's Web API, with a slash at its end */
export async function checkSlack({ botToken, appToken }: SlackConfig, url = 'https://slack.com/api/'): Promise<readonly Finding[]> {
  try {
    const { name, teamName } = await signIn(createSlackApi({ token: botToken, url, log: silent, maxWaitMs: 10_000 }), botToken, silent)
    const findings = [good('Slack', `@${name} in ${teamName}`)]
    if (appToken === undefined) return [...findings, good('Slack events', 'by HTTP')]
    // Gives an address to connect to; nothing is connected.
    await createSlackApi({ token: appToken, url, log: silent, maxWaitMs: 10_000 }).call('apps.connections.open')
    return [...findings, good('Slack events', 'by Socket Mode')]
  } catch (error) {
    return [badly('Slack', error)]
  }
}

export async function checkRedis(url: string): Promise<readonly Finding[]> {
  const { createClient } = await import('@keyv/redis')
  const { host } = new URL(url)
  const client = createClient({ url, socket: { connectTimeout: 5000, reconnectStrategy: false } })
  client.on('error', () => undefined) // what fails is thrown too
  try {
    await client.connect()
    const info = String(await client.sendCommand(['INFO']))
    const fact = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
    const [policy, appends] = [fact('maxmemory_policy'), fact('aof_enabled')]
    const found = `${fact('redis_version')} at ${host}`
    const findings = [good('Redis', found)]
    if (policy !== 'noeviction')
      findings.push(
        poor(
          'Redis eviction',
          String(policy),
          'It may drop records when it is full: CONFIG SET maxmemory-policy noeviction, and in redis.conf.',
        ),
      )
    if (appends !== '1')
      findings.push(
        poor(
          'Redis persistence',
          'no append-only file',
          'Its last minutes are lost when it stops: CONFIG SET appendonly yes, and in redis.conf.',
        ),
      )
    return findings
  } catch (error) {
    return [bad('Redis', `${host}: ${(error as Error).message}`, 'Start it, or mend REDIS_URL (host, port, password, rediss:// for TLS).')]
  } finally {
    if (client.isOpen) client.destroy()
  }
}

/** Puts a few bytes there, takes them out and removes them: the rights to do that are what it is about. */
export async function checkContentStore(choice: ContentStoreChoice & { readonly contentStore: string }): Promise<Finding> {
  const where = choice.contentStore.replace(/\?.*/, '')
  const bytes = randomBytes(32)
  const content = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
  try {
    const store = await openContentStore(choice, () => {
      throw new Error('it is in Redis')
    })
    await store.put(content, () => ReadableStream.from([bytes]), 60_000)
    await readContent(store, content)
    await store.delete(content.sha256)
    await store.close()
    return good('Content store', where)
  } catch (error) {
    const mend = 'Let bot and GPU hosts write, read and delete there, or mend CONTENT_STORE (bucket, endpoint, region) and the AWS_ keys.'
    return bad('Content store', `${where}: ${(error as Error).message}`, mend)
  }
}

/** @param address of a service that somebody configured */
export async function checkClock(address: string | undefined, nowMs: () => number): Promise<Finding> {
  if (address === undefined) return off('Clock', 'nothing to compare it with')
  const response = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
  const theirs = Date.parse(response?.headers.get('date') ?? '')
  const { host } = new URL(address)
  if (Number.isNaN(theirs)) return off('Clock', `${host} does not say what time it is`)
  const offBy = Math.round((nowMs() - theirs) / 1000)
  if (Math.abs(offBy) * 1000 < clockMs) return good('Clock', `as at ${host}`)
  return bad('Clock', `${Math.abs(offBy)} s ${offBy > 0 ? 'ahead of' : 'behind'} ${host}`, 'Set it by NTP: sudo timedatectl set-ntp true')
}
