// An adapter: the Redis client of 2020 that Bottleneck 2.19.5 was written for (callbacks, `multi(commands).exec(cb)`), on top
// of today's. Two things changed under it: the client's calls return promises, and Redis 7 puts 'ERR ' before the errors
// of scripts, which Bottleneck compares by their whole text (SETTINGS_KEY_NOT_FOUND, UNKNOWN_CLIENT).

import { EventEmitter } from 'node:events'
import { createClient } from '@keyv/redis'

type Reply = (error: Error | null, reply?: unknown) => void

export interface ClassicRedis extends EventEmitter {
  readonly ready: boolean
  /** The one call with a promise; this project's own. */
  call(command: readonly unknown[]): Promise<unknown>
  duplicate(): ClassicRedis
  evalsha(...argsAndReply: unknown[]): void
  multi(commands: readonly (readonly unknown[])[]): { exec(reply: Reply): void; exec_atomic(reply: Reply): void }
  subscribe(channel: string): void
  unsubscribe(channel: string, reply: Reply): void
  publish(channel: string, message: string): Promise<unknown>
  /** Closes at once; calls under way are dropped, without a reply or an error. */
  end(): void
}

/** Connects in the background; 'ready' and 'error' are emitted as by the classic client. */
export function classicRedis(url: string): ClassicRedis {
  const client = createClient({ url })
  const events = new EventEmitter()
  let ready = false
  let ended = false

  client.on('ready', () => {
    ready = true
    events.emit('ready')
  })
  client.on('error', (error: Error) => {
    if (events.listenerCount('error') > 0) events.emit('error', error)
  })
  // A failed attempt is told by 'error' and tried again by the client.
  client.connect().catch(() => undefined)

  const call = (command: readonly unknown[]) => client.sendCommand(command.map(String))

  function answer(promise: Promise<unknown>, reply: Reply): void {
    promise.then(
      (value) => ended || reply(null, value),
      (error: Error) => ended || reply(new Error(error.message.replace(/^ERR /, ''), { cause: error })),
    )
  }

  return Object.assign(events, {
    get ready() {
      return ready
    },
    call,
    duplicate: () => classicRedis(url),
    evalsha: (...argsAndReply: unknown[]) => {
      const reply = argsAndReply.pop() as Reply
      answer(call(['EVALSHA', ...argsAndReply]), reply)
    },
    multi: (commands: readonly (readonly unknown[])[]) => {
      const exec = (reply: Reply) => answer(Promise.all(commands.map(call)), reply)
      return { exec, exec_atomic: exec }
    },
    subscribe: (channel: string) => {
      client
        .subscribe(channel, (message) => events.emit('message', channel, message))
        .then(
          () => events.emit('subscribe', channel),
          (error: Error) => ended || events.emit('error', error),
        )
    },
    unsubscribe: (channel: string, reply: Reply) => {
      answer(
        client.unsubscribe(channel).then(() => channel),
        reply,
      )
    },
    publish: (channel: string, message: string) => client.publish(channel, message),
    end: () => {
      ended = true
      if (client.isOpen) client.destroy()
    },
  })
}
