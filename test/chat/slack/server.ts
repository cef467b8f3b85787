// A Slack server process on loopback. `emulate` keeps its state and responds to most of the Web API; before it stands a server that checks
// arguments by Slack's rules, plays its troubles, and has what emulate lacks: Socket Mode, signed calls, response URLs, user
// groups, languages, membership where it matters, files that are looked at before they can be shown.

import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { blockFaults, pingsOf, viewFaults } from './block-rules.ts'
import { argumentNames, argumentsOf, type Call, type JsonObject, type Play, refused, type SlackResponse } from './calls.ts'
import { allScopes, appToken, signingSecret, startState, tester, token } from './emulated.ts'

export interface Ephemeral {
  readonly user: string
  readonly channel: string
  readonly ts: string
  readonly args: JsonObject
}

export interface SlackServer {
  readonly url: string
  readonly apiUrl: string
  readonly ids: Ids
  readonly calls: Call[]
  readonly ephemerals: Ephemeral[]
  /** The modals that are open, by user. */
  readonly views: Map<string, JsonObject>
  /** Pictures that were put into a message by an edit: people see a broken one. */
  readonly broken: Set<string>
  scopes: string[]
  pings: number
  /** How often a new file is not known yet. */
  slowFiles: number
  /** The next calls of this method are played, one each. */
  play(method: string, ...plays: Play[]): void
  /** What was to be played is not. */
  forgetPlays(): void
  /** As the bot, past all checks. */
  state(method: string, args: JsonObject): Promise<JsonObject>
  /** Bytes of a file, undefined where it is gone. */
  file(id: string): Promise<{ readonly name: string; readonly bytes: Uint8Array } | undefined>
  trigger(person: string): Promise<string>
  responseUrl(person: string, channel: string): string
  /** Sends an event by the socket that is open. Gives the payload of its acknowledgement, and how long it took. */
  bySocket(type: string, payload: unknown, retry?: number): Promise<Acknowledged>
  /** The same by HTTP, signed. `port` is the platform's. */
  byHttp(port: number, type: string, payload: unknown, how?: Signing): Promise<Acknowledged>
  readonly sockets: Set<WebSocket>
  opened: number
  close(): Promise<void>
}

export interface Acknowledged {
  readonly status: number
  readonly payload: unknown
  readonly ms: number
}

export interface Signing {
  readonly secret?: string
  readonly atMs?: number
  readonly retry?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly raw?: { readonly type: string; readonly body: string }
}

export interface Ids {
  readonly ann: string
  readonly bob: string
  readonly root: string
  /** Of the bot; nobody special in the workspace. */
  readonly operator: string
  readonly bot: string
  readonly team: string
  /** The bot is in it. */
  readonly channel: string
  /** It is not. */
  readonly elsewhere: string
  readonly secret: string
  /** Of another workspace, and an admin there: in a channel that both share (Slack Connect). */
  readonly stranger: string
  /** Of that workspace. */
  readonly elsewhereTeam: string
}

const stranger = { id: 'U0STRANGER', name: 'eve', team_id: 'T0ELSEWHERE', is_admin: true, is_bot: false, profile: { display_name: 'eve' } }

/** Slack waits three seconds for an answer; somewhat more here, so that a busy machine is no fault. */
const patienceMs = 5000

export async function startSlack(): Promise<SlackServer> {
  const front = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
  const { behind, state, stop } = await startState(url)
  const sockets = new Set<WebSocket>()
  const acks = new Map<string, (payload: unknown) => void>()
  const plays = new Map<string, Play[]>()
  const tickets = new Set<string>()
  const responseUrls = new Map<string, { user: string; channel: string; uses: number }>()
  const asked = new Map<string, number>()
  const announcedBytes = new Map<string, number>()
  const members = new Set<string>()
  let stamps = 0

  const socketServer = new WebSocketServer({ noServer: true })
  front.on('upgrade', (request, socket, head) => {
    const ticket = new URL(request.url!, url).searchParams.get('ticket') ?? ''
    if (!tickets.delete(ticket)) return socket.destroy()
    socketServer.handleUpgrade(request, socket, head, (ws) => {
      sockets.add(ws)
      server.opened++
      ws.on('close', () => sockets.delete(ws))
      ws.on('error', () => sockets.delete(ws))
      ws.on('message', (data) => {
        const { envelope_id: id, payload } = JSON.parse(String(data)) as { envelope_id: string; payload: unknown }
        acks.get(id)?.(payload)
      })
      ws.send(JSON.stringify({ type: 'hello', num_connections: sockets.size, connection_info: { app_id: 'A00000001' } }))
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const body = Buffer.concat(parts)
    const path = request.url!.split('?')[0]!
    if (path.startsWith('/hook/')) return send(response, respondAtUrl(path.slice(6), JSON.parse(body.toString()) as JsonObject))
    const method = path.startsWith('/api/') ? path.slice(5) : path.split('/')[1]!
    const args = path.startsWith('/api/') ? argumentsOf(request, body) : {}
    const call = { method, args }
    server.calls.push(call)
    // the bytes must be as many as were announced: docs.slack.dev/reference/methods/files.getUploadURLExternal
    const announced = announcedBytes.get(request.url!)
    if (announced !== undefined && announced !== body.length) return send(response, { status: 400, body: 'wrong length' })
    const played = await plays.get(method)?.shift()?.(call)
    const local = played ?? (path.startsWith('/api/') ? await handleLocally(call, request) : undefined)
    if (local) return send(response, local)
    const emulated = await fetch(`${behind}${request.url}`, {
      method: request.method!,
      headers: Object.fromEntries(
        ['authorization', 'content-type'].flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])),
      ),
      ...(request.method === 'POST' && { body }),
    })
    const type = emulated.headers.get('content-type') ?? ''
    if (!type.includes('json')) {
      response.writeHead(emulated.status, { 'content-type': type }).end(Buffer.from(await emulated.arrayBuffer()))
      return
    }
    send(response, { status: emulated.status, body: await completeResponse(call, (await emulated.json()) as JsonObject) })
  }

  /** What emulate does not have, or takes too easily. */
  async function handleLocally({ method, args }: Call, request: IncomingMessage): Promise<SlackResponse | undefined> {
    const bearer = request.headers.authorization?.replace('Bearer ', '')
    if (method === 'apps.connections.open') {
      if (bearer !== appToken) return refused('invalid_auth')
      const ticket = randomUUID()
      tickets.add(ticket)
      return { body: { ok: true, url: `${url.replace('http', 'ws')}/link?ticket=${ticket}` } }
    }
    if (bearer !== token) return refused('invalid_auth')
    const unknown = argumentNames[method]
    const wrong = Object.keys(args).filter((name) => unknown && !unknown.includes(name))
    if (wrong.length > 0) return refused('invalid_arguments', [`[ERROR] invalid additional property: ${wrong}`])
    if (method === 'users.info' && args['user'] === ids.stranger) return { body: { ok: true, user: stranger } }
    if (method === 'usergroups.list')
      return { body: { ok: true, usergroups: [{ id: 'S1', handle: 'artists', users: [ids.root, ids.ann] }, { id: 'S2' }] } }
    const channel = String(args['channel'] ?? args['channel_id'] ?? '')
    const posts = method === 'chat.postMessage' || method === 'chat.postEphemeral' || method === 'files.completeUploadExternal'
    if (posts && /^[CG]/.test(channel) && !members.has(channel))
      return refused(channel === ids.secret ? 'channel_not_found' : 'not_in_channel')
    if (method.startsWith('chat.') && 'blocks' in args) {
      const reply = checkBlocks(args)
      if (reply) return reply
      if (method === 'chat.update') await markBroken(args)
    }
    if (method === 'views.open') {
      const faults = viewFaults(args['view'] as JsonObject)
      if (faults.length > 0) return refused('invalid_arguments', faults)
    }
    return undefined
  }

  function checkBlocks(args: JsonObject): SlackResponse | undefined {
    const faults = blockFaults(args['blocks'], 'message')
    if (faults.length > 0) return refused('invalid_blocks', faults)
    if (typeof args['text'] !== 'string' || args['text'] === '' || args['text'].length > 40_000) return refused('no_text')
    for (const { slack_file: file } of args['blocks'] as { slack_file?: { id: string } }[]) {
      if (!file) continue
      const before = asked.get(file.id) ?? 0
      asked.set(file.id, before + 1)
      if (before < server.slowFiles) return refused('invalid_blocks', ['[ERROR] invalid slack file [json-pointer:/blocks/1/slack_file]'])
    }
    server.pings += pingsOf(args)
    return undefined
  }

  async function markBroken(args: JsonObject): Promise<void> {
    const before = await state('conversations.history', { channel: args['channel'], limit: 1000 })
    const message = (before['messages'] as JsonObject[] | undefined)?.find(({ ts }) => ts === args['ts'])
    const had = JSON.stringify(message?.['blocks'] ?? [])
    for (const { slack_file: file } of args['blocks'] as { slack_file?: { id: string } }[])
      if (file && !had.includes(file.id)) server.broken.add(`${args['channel']}:${args['ts']}:${file.id}`)
  }

  async function completeResponse({ method, args }: Call, response: JsonObject): Promise<JsonObject> {
    if (response['ok'] !== true) return response
    if (method === 'files.getUploadURLExternal') {
      const { pathname, search } = new URL(String(response['upload_url']))
      announcedBytes.set(`${pathname}${search}`, Number(args['length']))
    }
    if (method === 'users.info') {
      const user = response['user'] as JsonObject
      return {
        ...response,
        user: { ...user, ...(args['include_locale'] === true && { locale: user['name'] === 'bob' ? 'zh-CN' : 'en-US' }), is_owner: false },
      }
    }
    if (method === 'conversations.info') {
      const channel = response['channel'] as JsonObject
      return { ...response, channel: { ...channel, is_member: members.has(String(channel['id'])), locale: 'en-US' } }
    }
    if (/^conversations\.(history|replies)$/.test(method) && args['include_all_metadata'] !== true) {
      return { ...response, messages: (response['messages'] as JsonObject[]).map(({ metadata: _, ...message }) => message) }
    }
    if (method === 'chat.postEphemeral') {
      server.ephemerals.push({ user: String(args['user']), channel: String(args['channel']), ts: String(response['message_ts']), args })
    }
    if (method === 'views.open') {
      const { view } = response as { view: JsonObject }
      const trigger = triggers.get(String(args['trigger_id']))
      if (trigger) server.views.set(trigger, { ...view, ...(args['view'] as JsonObject), id: view['id'] })
    }
    return response
  }

  function respondAtUrl(id: string, args: JsonObject): SlackResponse {
    const known = responseUrls.get(id)
    if (!known || known.uses === 5) return { status: 404, body: { ok: false, error: known ? 'used_url' : 'expired_url' } }
    known.uses++
    const reply = checkBlocks(args)
    if (reply) return { ...reply, status: 404 }
    if (args['response_type'] === 'ephemeral')
      server.ephemerals.push({ ...known, ts: `${Math.floor(Date.now() / 1000)}.9${String(stamps++).padStart(5, '0')}`, args })
    return { body: { ok: true } }
  }

  const triggers = new Map<string, string>()

  const server: SlackServer = {
    url,
    apiUrl: `${url}/api/`,
    ids: undefined as unknown as Ids,
    calls: [],
    ephemerals: [],
    views: new Map(),
    broken: new Set(),
    scopes: [...allScopes],
    pings: 0,
    slowFiles: 0,
    sockets,
    opened: 0,
    play(method, ...more) {
      plays.set(method, [...(plays.get(method) ?? []), ...more])
    },
    forgetPlays: () => plays.clear(),
    state: (method, args) => state(method, args),
    async file(id) {
      const { file } = (await state('files.info', { file: id })) as { file?: { url_private: string; name: string } }
      if (!file) return undefined
      const response = await fetch(file.url_private.replace(url, behind), { headers: { authorization: `Bearer ${token}` } })
      return { name: file.name, bytes: new Uint8Array(await response.arrayBuffer()) }
    },
    async trigger(person) {
      const { trigger_id: id } = await state('views.generateTriggerId', { user_id: person })
      triggers.set(String(id), person)
      return String(id)
    },
    responseUrl(user, channel) {
      const id = randomUUID()
      responseUrls.set(id, { user, channel, uses: 0 })
      return `${url}/hook/${id}`
    },
    async bySocket(type, payload, retry) {
      const [socket] = sockets
      if (!socket) throw new Error('no socket is open')
      const id = randomUUID()
      const begun = performance.now()
      const acknowledged = new Promise<Acknowledged>((resolve) => {
        const timer = setTimeout(() => resolve({ status: 0, payload: undefined, ms: patienceMs }), patienceMs)
        acks.set(id, (payload) => {
          clearTimeout(timer)
          acks.delete(id)
          resolve({ status: 200, payload, ms: performance.now() - begun })
        })
      })
      const retried = retry === undefined ? {} : { retry_attempt: retry, retry_reason: 'timeout' }
      socket.send(JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload: true, ...retried }))
      return acknowledged
    },
    async byHttp(port, type, payload, { secret = signingSecret, atMs = Date.now(), retry, headers = {}, raw } = {}) {
      const form =
        type === 'slash_commands'
          ? new URLSearchParams(Object.entries(payload ?? {}).map(([name, value]): [string, string] => [name, String(value)]))
          : new URLSearchParams({ payload: JSON.stringify(payload) })
      const written =
        raw ??
        (type === 'events_api' ? { type: 'application/json', body: JSON.stringify(payload) } : { type: formType, body: form.toString() })
      const stamp = String(Math.floor(atMs / 1000))
      const begun = performance.now()
      const { status, text } = await called(port, written.body, {
        'content-type': written.type,
        'x-slack-request-timestamp': stamp,
        'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${stamp}:${written.body}`).digest('hex')}`,
        ...(retry !== undefined && { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': 'http_timeout' }),
        ...headers,
      })
      return { status, payload: text.startsWith('{') ? JSON.parse(text) : text, ms: performance.now() - begun }
    },
    async close() {
      for (const socket of sockets) socket.terminate()
      socketServer.close()
      agent.destroy()
      front.closeAllConnections()
      await new Promise((resolve) => front.close(resolve))
      await stop()
    },
  }
  const agent = new Agent({ keepAlive: true })

  function called(port: number, body: string, headers: Readonly<Record<string, string>>): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        { agent, port, host: '127.0.0.1', method: 'POST', path: '/slack/events', headers, timeout: patienceMs },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('end', () => resolve({ status: response.statusCode!, text: Buffer.concat(parts).toString() }))
        },
      )
      call.on('timeout', () => call.destroy(new Error('no response in time')))
      call.on('error', reject)
      call.end(body)
    })
  }

  // auth.test alone tells the scopes, by a header
  function send(response: ServerResponse, { status = 200, headers = {}, body }: SlackResponse): void {
    const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'x-oauth-scopes': server.scopes.join(','), ...headers }).end(text)
  }

  const { members: users } = (await state('users.list', { limit: 200 }, tester)) as {
    members: { id: string; name: string; team_id: string }[]
  }
  const { channels } = (await state('conversations.list', { types: 'public_channel,private_channel' }, tester)) as {
    channels: { id: string; name: string }[]
  }
  const named = (name: string) => [...users, ...channels].find((one) => one.name === name)!.id
  const [ann, bob, root, operator] = ['ann', 'bob', 'root', 'operator'].map(named) as [string, string, string, string]
  const [channel, elsewhere, secret] = ['animations', 'elsewhere', 'secret'].map(named) as [string, string, string]
  const ids: Ids = {
    ann,
    bob,
    root,
    operator,
    bot: 'U0ZOETROPE',
    team: users[0]!.team_id,
    channel,
    elsewhere,
    secret,
    stranger: stranger.id,
    elsewhereTeam: stranger.team_id,
  }
  await state('conversations.join', { channel })
  members.add(channel)
  return Object.assign(server, { ids })
}

const formType = 'application/x-www-form-urlencoded'
