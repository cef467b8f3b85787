// A gateway on loopback: sessions that can be resumed, events with their sequence numbers, and ways to make it fail.

import type { Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Data, DiscordState } from './discord-state.ts'
import { guildJson, userJson } from './event-json.ts'

export interface Gateway {
  /** Dispatches an event to who has signed in. */
  send(type: string, data: Data): void
  /** Ends the connections: with a code, or as a cable that is pulled. */
  drop(code?: number): void
  /** What the client said when it came: 2 a new session, 6 the old one. */
  readonly arrivals: readonly { readonly op: 2 | 6; readonly intents?: number }[]
  /** Ends whoever signs in next with this code. */
  refuseWith(code: number | undefined): void
  /** Lets nobody in, as a gateway that is down. */
  down(is: boolean): void
  /** Forgets the sessions: who wants to take one up has to begin anew. */
  forget(): void
  readonly connected: boolean
  close(): Promise<void>
}

interface Session {
  readonly id: string
  readonly events: { readonly s: number; readonly t: string; readonly d: unknown }[]
  socket?: WebSocket | undefined
}

export function createGateway(http: Server, state: DiscordState, token: string, url: () => string): Gateway {
  const server = new WebSocketServer({ server: http, verifyClient: () => up })
  let sessions = new Map<string, Session>()
  let current: Session | undefined
  let refusal: number | undefined
  let up = true
  const arrivals: { op: 2 | 6; intents?: number }[] = []
  const sockets = new Set<WebSocket>()

  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    const say = (op: number, d: unknown = null) => socket.send(JSON.stringify({ op, d, s: null, t: null }))
    say(10, { heartbeat_interval: 20_000 })
    socket.on('message', (text) => {
      const { op, d } = JSON.parse(String(text)) as { op: number; d: Data }
      if (op === 1) return say(11)
      if (op !== 2 && op !== 6) return
      arrivals.push({ op, ...(op === 2 && { intents: Number(d['intents']) }) })
      if (refusal !== undefined) return socket.close(refusal)
      if (String(d['token']).replace(/^Bot /, '') !== token) return socket.close(4004)
      if (op === 6) return resume(socket, d, () => say(9, false))
      identify(socket)
    })
  })

  function identify(socket: WebSocket): void {
    current = { id: `session-${sessions.size}-${state.newId()}`, events: [], socket }
    sessions.set(current.id, current)
    const user = userJson(state.bot)
    tell(current, 'READY', {
      v: 10,
      user: { ...user, email: null, mfa_enabled: true, verified: true },
      guilds: [{ id: state.guildId, unavailable: true }],
      session_id: current.id,
      resume_gateway_url: url(),
      application: { id: state.application, flags: 0 },
      shard: [0, 1],
      private_channels: [],
      relationships: [],
      presences: [],
    })
    tell(current, 'GUILD_CREATE', guildJson(state))
  }

  function resume(socket: WebSocket, d: Data, refuse: () => void): void {
    const session = sessions.get(String(d['session_id']))
    if (!session) {
      refuse()
      return
    }
    current = session
    session.socket = socket
    for (const event of session.events.filter(({ s }) => s > Number(d['seq']))) deliver(session, event)
    tell(session, 'RESUMED', {})
  }

  function tell(session: Session, t: string, d: unknown): void {
    const event = { s: session.events.length + 1, t, d }
    session.events.push(event)
    deliver(session, event)
  }

  function deliver({ socket }: Session, event: Session['events'][number]): void {
    if (socket?.readyState === 1) socket.send(JSON.stringify({ op: 0, ...event }))
  }

  return {
    arrivals,
    send(type, data) {
      if (!current) throw new Error('nobody has signed in')
      tell(current, type, data)
    },
    drop(code) {
      if (current) current.socket = undefined
      for (const socket of sockets) code === undefined ? socket.terminate() : socket.close(code)
    },
    refuseWith: (code) => {
      refusal = code
    },
    down: (is) => {
      up = !is
    },
    forget() {
      sessions = new Map()
    },
    get connected() {
      return current?.socket?.readyState === 1
    },
    async close() {
      for (const socket of sockets) socket.terminate()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
