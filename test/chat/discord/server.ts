// A Discord server process on loopback for real clients: REST and gateway on one state. Every call is held against Discord's OpenAPI
// (spec.ts) and the rules that it leaves out (rules.ts); what breaks one is refused, and remembered in `wrong`.

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { omitUndefined } from '../../../src/omit-undefined.ts'
import {
  type Attached,
  type Channel,
  createDiscordState,
  type Data,
  type DiscordMessage,
  type DiscordState,
  type Interaction,
} from './discord-state.ts'
import { fetchedChannelJson, memberJson, messageJson, spokenJson, userJson, withIds } from './event-json.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { walk, wrongCallback, wrongCommands, wrongMessage } from './rules.ts'
import { findOperation, wrongBody, wrongResponse } from './spec.ts'

export interface DiscordServer {
  readonly api: string
  readonly token: string
  readonly state: DiscordState
  readonly gateway: Gateway
  /** Every call so far. */
  readonly calls: readonly Call[]
  /** Every rule that was broken. */
  readonly wrong: readonly string[]
  /** The next calls that match get these responses instead. */
  play(method: string, path: RegExp, ...responses: readonly PlayedResponse[]): void
  /** What was to be played is not. */
  forgetPlays(): void
  close(): Promise<void>
}

export interface Call {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly files: readonly string[]
  readonly atMs: number
  readonly authorization: string | undefined
  readonly status: number
}

export interface PlayedResponse {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The call has its effect all the same: only the response is lost. */
  readonly after?: true
}

interface RouteRequest {
  readonly params: readonly string[]
  readonly data: Data
  readonly files: readonly File[]
  readonly query: URLSearchParams
}

const flags = { ephemeral: 1 << 6, loading: 1 << 7, v2: 1 << 15 }
const responseMs = 3000
const tokenMs = 15 * 60_000
/** resources/message: of a whole request. */
const maxRequestBytes = 25 * 1024 * 1024
/** How long Discord remembers a nonce: "the past few minutes". */
const nonceMs = 5 * 60_000

export async function startDiscord({ nowMs = Date.now, token = 'MTIz.local.token-of-a-test' } = {}): Promise<DiscordServer> {
  const state = createDiscordState(nowMs)
  const calls: Call[] = []
  const wrong: string[] = []
  const plays: { readonly method: string; readonly path: RegExp; readonly response: PlayedResponse }[] = []

  const http = createServer((request, response) => {
    handle(request).then(
      ({ status, body, headers }) => {
        response.writeHead(status, { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers })
        response.end(body === undefined ? undefined : JSON.stringify(body))
      },
      (error: unknown) => {
        wrong.push(`this server broke: ${error instanceof Error ? error.stack : String(error)}`)
        response.writeHead(500).end()
      },
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const gateway = createGateway(http, state, token, () => `ws://127.0.0.1:${port}`)

  async function handle(request: IncomingMessage): Promise<PlayedResponse> {
    const url = new URL(request.url!, 'http://127.0.0.1')
    const method = request.method!
    const path = url.pathname.replace(/^\/api\/v10/, '').replaceAll('%40', '@')
    // an interaction counts from its coming until the last byte is here: `read` takes as long as the line does
    const { data, files, bytes } = await read(request)
    const authorization = request.headers.authorization
    const played = plays.find((one) => one.method === method && one.path.test(path))
    if (played) plays.splice(plays.indexOf(played), 1)
    const routed =
      played && !played.response.after
        ? played.response
        : bytes > maxRequestBytes
          ? refused(413, 40005, 'Request entity too large')
          : respond(method, path, { data, files, query: url.searchParams, params: [] }, authorization)
    const response = played?.response.after ? played.response : routed
    calls.push({ method, path, body: data, files: files.map(({ name }) => name), atMs: nowMs(), authorization, status: response.status })
    return response
  }

  function respond(method: string, path: string, request: RouteRequest, authorization: string | undefined): PlayedResponse {
    const found = findOperation(method, path)
    const route = found && routes[`${method} ${found.operation.template}`]
    if (!found || !route) return broken(`${method} ${path}`, ['there is no such call'])
    const { operation, params } = found
    const shape = wrongBody(
      operation,
      Object.keys(request.data).length === 0 && operation.body === 'undefined' ? undefined : bodyOf(request.data),
    )
    const queries = [...request.query.keys()].filter((key) => !operation.queries.includes(key)).map((key) => `no query ${key}`)
    if (shape.length + queries.length > 0) return broken(`${method} ${path}`, [...shape, ...queries])
    const secret = operation.template.startsWith('/webhooks') || operation.template.startsWith('/interactions')
    if (!secret && authorization !== `Bot ${token}`) return refused(401, 0, '401: Unauthorized')
    try {
      const response = route({ ...request, params })
      const odd = response.status < 300 ? wrongResponse(operation, response.status, response.body) : []
      if (odd.length > 0) wrong.push(`this server responds wrongly to ${method} ${operation.template}: ${odd.join('; ')}`)
      return response
    } catch (error) {
      if (error instanceof Refused) return refused(error.status, error.code, error.message)
      throw error
    }
  }

  function broken(where: string, reasons: readonly string[]): PlayedResponse {
    wrong.push(`${where}: ${reasons.join('; ')}`)
    return refused(400, 50035, `Invalid Form Body: ${reasons.join('; ')}`)
  }

  const must = (reasons: readonly string[]) => {
    if (reasons.length === 0) return
    wrong.push(reasons.join('; '))
    throw new Refused(400, 50035, `Invalid Form Body: ${reasons.join('; ')}`)
  }

  const routes: Readonly<Record<string, (request: RouteRequest) => PlayedResponse>> = {
    'GET /applications/@me': () => ok(applicationJson()),
    'GET /applications/{application_id}/commands': () => ok(state.entryPoint ? [state.entryPoint] : []),
    'PUT /applications/{application_id}/commands': ({ data }) => {
      const list = Object.values(data) as Data[]
      const entryPoints = list.filter(({ type }) => type === 4)
      const { entryPoint } = state
      // interactions/application-commands, Entry Point commands
      if (entryPoint && !entryPoints.some(({ name }) => name === entryPoint['name']))
        throw new Refused(400, 50240, "You cannot remove this app's Entry Point command in a bulk update operation.")
      const others = list.filter(({ type }) => type !== 4)
      must(wrongCommands(others))
      state.commands = others
      return ok([])
    },
    'GET /users/{user_id}': ({ params: [id] }) => {
      const user = state.usersById.get(id!)
      if (!user) throw new Refused(404, 10013, 'Unknown User')
      return ok(userJson(user))
    },
    'GET /guilds/{guild_id}/members/{user_id}': ({ params: [, id] }) => {
      const user = state.usersById.get(id!)
      if (!user) throw new Refused(404, 10007, 'Unknown Member')
      return ok(memberJson(user))
    },
    'GET /gateway/bot': () =>
      ok({
        url: `ws://127.0.0.1:${port}`,
        shards: 1,
        session_start_limit: { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 1 },
      }),

    'POST /interactions/{interaction_id}/{interaction_token}/callback': ({ params: [id, secret], data, files, query }) => {
      const interaction = state.interactions.get(secret!)
      if (!interaction || interaction.id !== id) throw new Refused(404, 10062, 'Unknown interaction')
      if (interaction.state !== 'open') throw new Refused(400, 40060, 'Interaction has already been acknowledged.')
      if (nowMs() - interaction.atMs > responseMs) throw new Refused(404, 10062, 'Unknown interaction')
      must(
        wrongCallback(
          data,
          files.map(({ name }) => name),
        ),
      )
      return callback(interaction, data, files, query.get('with_response') === 'true')
    },

    'GET /webhooks/{webhook_id}/{webhook_token}/messages/@original': ({ params: [, secret] }) => ok(messageJson(original(secret!), state)),
    'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original': ({ params: [, secret], data, files }) => {
      const message = original(secret!)
      change(message, data, files, interactionOf(secret!).sizeLimit)
      interactionOf(secret!).state = 'responded'
      return ok(messageJson(message, state))
    },
    'DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original': ({ params: [, secret] }) => {
      const message = original(secret!)
      interactionOf(secret!).state = 'responded'
      return remove(message)
    },
    'POST /webhooks/{webhook_id}/{webhook_token}': ({ params: [, secret], data, files }) => {
      const interaction = interactionOf(secret!)
      must(
        wrongMessage(
          data,
          files.map(({ name }) => name),
          { create: true },
        ),
      )
      // interactions/receiving-and-responding: a follow-up after a deferred response edits that one, and is seen by those who see it
      const waiting = interaction.state === 'deferred' ? state.messages.get(interaction.original ?? '') : undefined
      if (waiting) {
        change(waiting, { ...data, flags: Number(data['flags'] ?? 0) & ~flags.ephemeral }, files, interaction.sizeLimit)
        interaction.state = 'responded'
        return ok(messageJson(waiting, state))
      }
      const { person } = state.channelsById.get(interaction.channel)!
      if (!interaction.inGuild && person === undefined && ++interaction.followUps > 5)
        throw new Refused(400, 40094, 'Maximum number of follow up messages')
      interaction.state = 'responded'
      return ok(messageJson(add(interaction.channel, data, files, { sizeLimit: interaction.sizeLimit, person: interaction.person }), state))
    },
    'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}': ({ params: [, secret, id], data, files }) => {
      const { sizeLimit } = interactionOf(secret!)
      const message = messageOf(id!)
      change(message, data, files, sizeLimit)
      return ok(messageJson(message, state))
    },
    'DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}': ({ params: [, secret, id] }) => {
      interactionOf(secret!)
      return remove(messageOf(id!))
    },

    'POST /users/@me/channels': ({ data }) => {
      const user = state.usersById.get(String(data['recipient_id']))
      if (!user) throw new Refused(400, 50033, 'Invalid Recipient(s)')
      return ok({ id: state.direct(user.id).id, type: 1, flags: 0, recipients: [userJson(user)] })
    },
    'GET /channels/{channel_id}': ({ params: [id] }) => {
      const channel = state.channelsById.get(id!)
      if (!channel) throw new Refused(404, 10003, 'Unknown Channel')
      return ok(fetchedChannelJson(channel, state))
    },
    // newest first; content and files only with the Message Content intent
    'GET /channels/{channel_id}/messages': ({ params: [id] }) => {
      reachable(id!)
      return ok((state.spoken.get(id!) ?? []).map((spoken) => spokenJson(id!, spoken, state)).reverse())
    },
    'POST /channels/{channel_id}/messages': ({ params: [id], data, files }) => {
      const channel = speakable(id!, files.length > 0)
      must(
        wrongMessage(
          data,
          files.map(({ name }) => name),
          { create: true },
        ),
      )
      const nonce = data['enforce_nonce'] ? String(data['nonce']) : undefined
      const same = [...state.messages.values()].find((one) => one.channel === id && one.nonce !== undefined && one.nonce === nonce)
      if (same && nowMs() - same.atMs < nonceMs) return ok(messageJson(same, state))
      return ok(messageJson(add(channel.id, data, files, { sizeLimit: usualLimit, ...omitUndefined({ nonce }) }), state))
    },
    'PATCH /channels/{channel_id}/messages/{message_id}': ({ params: [channel, id], data, files }) => {
      reachable(channel!)
      const message = messageOf(id!, channel)
      if (message.onlyFor !== undefined) throw new Refused(404, 10008, 'Unknown Message')
      change(message, data, files, usualLimit)
      return ok(messageJson(message, state))
    },
    'DELETE /channels/{channel_id}/messages/{message_id}': ({ params: [channel, id] }) => {
      reachable(channel!)
      return remove(messageOf(id!, channel))
    },
  }

  function callback(interaction: Interaction, data: Data, files: readonly File[], withResponse: boolean): PlayedResponse {
    const inner = (data['data'] ?? {}) as Data
    const { person, channel, pressed, sizeLimit } = interaction
    const type = Number(data['type'])
    if (type === 9) {
      if (interaction.type === 5) throw new Refused(400, 50035, 'a dialog does not open another')
      interaction.modal = inner
    }
    if (type === 8) interaction.choices = inner['choices'] as readonly Data[]
    let message: DiscordMessage | undefined
    if (type === 4) message = add(channel, inner, files, { sizeLimit, person })
    if (type === 5) message = add(channel, { ...inner, flags: Number(inner['flags'] ?? 0) | flags.loading }, [], { sizeLimit, person })
    interaction.state = type === 5 ? 'deferred' : 'responded'
    if (message) interaction.original = message.id
    else if (type === 6 && pressed !== undefined) interaction.original = pressed
    if (!withResponse) return { status: 204 }
    const resource = type === 4 ? { resource: { type, message: messageJson(message!, state) } } : {}
    const about = message
      ? { response_message_id: message.id, response_message_loading: type === 5, response_message_ephemeral: message.onlyFor !== undefined }
      : {}
    return ok({ interaction: { id: interaction.id, type: interaction.type, ...about }, ...resource })
  }

  /** The interaction of a token that is alive. */
  function interactionOf(secret: string): Interaction {
    const interaction = state.interactions.get(secret)
    if (!interaction || interaction.state === 'open') throw new Refused(404, 10015, 'Unknown Webhook')
    if (nowMs() - interaction.atMs > tokenMs) throw new Refused(401, 50027, 'Invalid Webhook Token')
    return interaction
  }

  function original(secret: string): DiscordMessage {
    return messageOf(interactionOf(secret).original ?? '')
  }

  function messageOf(id: string, channel?: string): DiscordMessage {
    const message = state.messages.get(id)
    if (!message || (channel !== undefined && message.channel !== channel)) throw new Refused(404, 10008, 'Unknown Message')
    return message
  }

  function reachable(id: string): Channel {
    const channel = state.channelsById.get(id)
    if (!channel) throw new Refused(404, 10003, 'Unknown Channel')
    if ((state.allowed(channel) & (1n << 10n)) === 0n) throw new Refused(403, 50001, 'Missing Access')
    if (channel.person !== undefined && state.closed.has(channel.person)) throw new Refused(403, 50007, 'Cannot send messages to this user')
    return channel
  }

  function speakable(id: string, files: boolean): Channel {
    const channel = reachable(id)
    const may = state.allowed(channel)
    if ((may & (1n << 11n)) === 0n || (files && (may & (1n << 15n)) === 0n)) throw new Refused(403, 50013, 'Missing Permissions')
    return channel
  }

  function add(
    channel: string,
    data: Data,
    files: readonly File[],
    { sizeLimit, person, nonce }: { sizeLimit: number; person?: string; nonce?: string },
  ): DiscordMessage {
    const hidden = (Number(data['flags'] ?? 0) & flags.ephemeral) !== 0
    const message: DiscordMessage = {
      id: state.newId(),
      channel,
      author: state.bot.id,
      flags: Number(data['flags'] ?? 0),
      components: withIds((data['components'] ?? []) as readonly Data[]),
      attached: attachedOf(data, files, sizeLimit),
      ...(hidden && person !== undefined && { onlyFor: person }),
      ...omitUndefined({ nonce }),
      atMs: nowMs(),
      reactions: new Map(),
    }
    count(data)
    state.mentioned.push(...(((data['allowed_mentions'] as Data | undefined)?.['users'] ?? []) as readonly string[]))
    state.messages.set(message.id, message)
    return message
  }

  function change(message: DiscordMessage, data: Data, files: readonly File[], sizeLimit: number): void {
    must(
      wrongMessage(
        data,
        files.map(({ name }) => name),
        { create: false },
      ),
    )
    const before = message.flags
    if ((before & flags.v2) !== 0 && (Number(data['flags'] ?? 0) & flags.v2) === 0) must(['a message of version 2 stays one'])
    message.attached = attachedOf(data, files, sizeLimit)
    message.flags = (before & ~flags.loading) | Number(data['flags'] ?? 0)
    message.components = withIds((data['components'] ?? []) as readonly Data[])
    message.editedMs = nowMs()
    count(data)
  }

  function remove(message: DiscordMessage): PlayedResponse {
    state.messages.delete(message.id)
    return { status: 204 }
  }

  function attachedOf(data: Data, files: readonly File[], sizeLimit: number): Attached[] {
    if (files.some(({ bytes }) => bytes.length > sizeLimit)) throw new Refused(413, 40005, 'Request entity too large')
    return ((data['attachments'] ?? []) as readonly Data[]).map((one) => {
      const file = files[Number(one['id'])]
      if (!file) throw new Refused(400, 50035, 'an attachment without its file')
      const description = one['description'] === undefined ? undefined : String(one['description'])
      return { id: state.newId(), name: String(one['filename']), type: file.type, description, bytes: file.bytes }
    })
  }

  /** Who is pinged by these words, escaped or not. */
  function count(data: Data): void {
    const mentions = data['allowed_mentions'] as { parse?: readonly string[] } | undefined
    const text = [...walk((data['components'] ?? []) as readonly Data[])].map(({ content }) => String(content ?? '')).join('\n')
    const may = (kind: string) => (mentions?.parse ?? ['everyone', 'users', 'roles']).includes(kind)
    if (may('everyone')) state.pings += text.match(/@everyone|@here/g)?.length ?? 0
    if (may('users')) state.pings += text.match(/<@!?\d+>/g)?.length ?? 0
    if (may('roles')) state.pings += text.match(/<@&\d+>/g)?.length ?? 0
  }

  function applicationJson(): Data {
    return {
      id: state.application,
      name: 'Zoetrope',
      icon: null,
      description: '',
      type: null,
      flags: 0,
      flags_new: '0',
      bot: userJson(state.bot),
      bot_public: true,
      verify_key: '',
      redirect_uris: [],
      interactions_endpoint_url: null,
      role_connections_verification_url: null,
      owner: userJson(state.users.root),
      approximate_guild_count: 1,
      approximate_user_install_count: 0,
      approximate_user_authorization_count: 0,
      explicit_content_filter: 0,
      team: null,
      eligible_oauth2_scopes: [],
      integration_types_config: state.installs,
    }
  }

  return {
    api: `http://127.0.0.1:${port}/api`,
    token,
    state,
    gateway,
    calls,
    wrong,
    forgetPlays: () => void plays.splice(0),
    play: (method, path, ...responses) => void plays.push(...responses.map((response) => ({ method, path, response }))),
    async close() {
      await gateway.close()
      http.closeAllConnections()
      await new Promise<void>((resolve) => http.close(() => resolve()))
    },
  }
}

export const usualLimit = 10 * 1024 * 1024

interface File {
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

class Refused extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

function refused(status: number, code: number, message: string): PlayedResponse {
  return { status, body: { code, message } }
}

function ok(body: unknown): PlayedResponse {
  return { status: 200, body }
}

/** A list of commands comes as one. */
function bodyOf(data: Data): unknown {
  return '0' in data ? Object.values(data) : data
}

async function read(request: IncomingMessage): Promise<{ data: Data; files: File[]; bytes: number }> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const body = Buffer.concat(chunks)
  const type = request.headers['content-type'] ?? ''
  const bytes = body.length
  if (bytes === 0) return { data: {}, files: [], bytes }
  if (!type.startsWith('multipart/')) return { data: JSON.parse(String(body)) as Data, files: [], bytes }
  const form = await new Response(body, { headers: { 'content-type': type } }).formData()
  const files: File[] = []
  for (const [key, value] of form) {
    const index = /^files\[(\d+)\]$/.exec(key)?.[1]
    if (index === undefined || typeof value === 'string') continue
    files[Number(index)] = { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) }
  }
  return { data: JSON.parse(String(form.get('payload_json'))) as Data, files, bytes }
}
