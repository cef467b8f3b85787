// A fake platform: one channel in this process, in which people speak, press, react and see. As real as the others, and quick.
// With a file, every message is appended to it before the call returns, and found there again: what was posted outlives its bot.

import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import type { Choice, Circumstances, Incoming, OptionInput, Said } from '../../src/chat/contract/incoming.ts'
import type { Audience, Form, Outgoing } from '../../src/chat/contract/outgoing.ts'
import type { Platform, PlatformLimits, Receiver } from '../../src/chat/contract/platform.ts'
import type { Reaction } from '../../src/chat/contract/reactions.ts'
import type { Json } from '../../src/store/json.ts'

export interface FakePlatform {
  readonly platform: Platform
  /** Gives the id of the event. */
  say(person: string, text: string, where?: Partial<Circumstances>): Promise<string>
  act(person: string, said: Said, where?: Partial<Circumstances>): Promise<string>
  press(person: string, message: string, label: string): Promise<string>
  react(person: string, message: string, reaction: Reaction): Promise<string>
  submit(person: string, values: Readonly<Record<string, string>>): Promise<string>
  complete(person: string, command: string, option: string, typed: string): Promise<readonly Choice[]>
  readonly forms: Map<string, Form>
  /** What is there, oldest first. */
  messages(person?: string): readonly FakeMessage[]
  /** Every state that a message has had, oldest first. */
  readonly states: readonly FakeMessage[]
  acknowledged(event: string): Audience | undefined
  vanish(message: string): void
  /** Is called before each call of the bot; what it throws, the call throws. */
  trouble?: ((call: 'acknowledge' | 'post' | 'edit' | 'remove' | 'open', outgoing?: Outgoing) => Promise<void> | void) | undefined
}

export interface FakeMessage {
  readonly id: string
  /** Absent: everybody. */
  readonly to?: string
  readonly event: string
  readonly outgoing: Outgoing
}

export interface FakePlatformOptions {
  readonly name?: string
  readonly limits?: Partial<PlatformLimits>
  readonly file?: string
  /** The same channel with another bot in it. */
  readonly from?: FakePlatform
}

const usualLimits: PlatformLimits = {
  responseMs: 3000,
  maxBytes: 1_000_000,
  formats: ['webp', 'gif'],
  previews: true,
  edits: { perMinute: 600, per: 'message' },
  textChars: 2000,
  quoteChars: 1000,
  factChars: 200,
  facts: 25,
  items: 10,
  buttons: 8,
  choices: 25,
}

/** What a kill cut off was never shown, and nothing may be written behind it. */
function wholeLines(file: string): string[] {
  const bytes = readFileSync(file)
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
  truncateSync(file, whole.length)
  return whole.toString().split('\n').slice(0, -1)
}

export function createFakePlatform({ name = 'fake', limits = {}, file, from }: FakePlatformOptions = {}): FakePlatform {
  const shown = new Map<string, FakeMessage>()
  const byNonce = new Map<string, string>()
  const acknowledged = new Map<string, Audience>()
  const forms = new Map<string, Form>()
  const states: FakeMessage[] = []
  let receiver: Receiver | undefined
  let events = Date.now() * 1000
  let ids = 0

  for (const message of from?.messages() ?? []) show(message)
  if (file && existsSync(file)) for (const line of wholeLines(file)) replay(line)

  function replay(line: string): void {
    const { message, nonce, removed } = JSON.parse(line) as Line
    ids = Math.max(ids, Number(message.id.slice(1)) + 1)
    if (removed) shown.delete(message.id)
    else shown.set(message.id, message)
    if (nonce) byNonce.set(nonce, message.id)
  }

  function show(message: FakeMessage, removed = false): void {
    ids = Math.max(ids, Number(message.id.slice(1)) + 1)
    if (removed) shown.delete(message.id)
    else {
      shown.set(message.id, message)
      states.push(message)
    }
    const { nonce } = message.outgoing
    if (nonce) byNonce.set(nonce, message.id)
    if (file) appendFileSync(file, `${JSON.stringify({ message, ...(nonce && { nonce }), ...(removed && { removed }) }, short)}\n`)
  }

  const platform: Platform = {
    name,
    limits: { ...usualLimits, ...limits },
    async start(one) {
      receiver = one
      return `A fake platform called ${name}.`
    },
    async stop() {
      receiver = undefined
    },
    trouble: () => (receiver ? undefined : 'The platform is stopped.'),
    async acknowledge(address, audience) {
      await fake.trouble?.('acknowledge')
      acknowledged.set(addressOf(address).event, audience)
    },
    async post(address, outgoing) {
      await fake.trouble?.('post', outgoing)
      const { event, person } = addressOf(address)
      const id = (outgoing.nonce && byNonce.get(outgoing.nonce)) ?? `m${ids}`
      if (!shown.has(id)) show({ id, event, outgoing, ...(outgoing.audience !== 'everyone' && { to: person }) })
      return { handle: { id }, messages: [`${name}-${id}`] }
    },
    async edit(posted, outgoing) {
      await fake.trouble?.('edit', outgoing)
      const before = shown.get((posted.handle as { id: string }).id)
      if (!before) return undefined
      show({ ...before, outgoing })
      return posted
    },
    async remove(posted) {
      await fake.trouble?.('remove')
      const message = shown.get((posted.handle as { id: string }).id)
      if (message) show(message, true)
    },
    async open(address, form) {
      await fake.trouble?.('open')
      forms.set(addressOf(address).person, form)
    },
  }

  async function act(person: string, said: Said, where: Partial<Circumstances> = {}): Promise<string> {
    const id = where.id ?? String(events++)
    const incoming: Incoming = {
      id,
      owner: { platform: name, space: 'guild', person },
      name: person,
      asker: { admin: person === 'root', operator: false, roles: [] },
      channel: { id: 'general', ageRestricted: false, direct: false, missing: [] },
      address: { event: id, person },
      locale: 'en',
      ...where,
      ...said,
    }
    await receiver?.receive(incoming)
    return id
  }

  const messageOf = (message: string) => {
    const found = shown.get(message.slice(name.length + 1))
    if (!found) throw new Error(`there is no message ${message} in the channel`)
    return found
  }

  const fake: FakePlatform = {
    platform,
    forms,
    states,
    act,
    say: (person, text, where) => act(person, { kind: 'text', text }, where),
    react: (person, message, reaction) => act(person, { kind: 'reaction', reaction, message }),
    press(person, message, label) {
      const { buttons = [], items = [] } = messageOf(message).outgoing
      const button = [...buttons, ...items.flatMap((item) => item.buttons ?? [])].find((one) => one.label === label)
      if (!button) throw new Error(`there is no button '${label}' on ${message}`)
      return act(person, { kind: 'text', text: button.command })
    },
    submit(person, values) {
      const form = forms.get(person)
      if (!form) throw new Error(`${person} has no dialog open`)
      forms.delete(person)
      const filled = form.fields.map(({ name, value = '' }) => [name, values[name] ?? value] as const).filter(([, value]) => value !== '')
      const options: Record<string, OptionInput> = { ...form.fixed, ...Object.fromEntries(filled) }
      return act(person, { kind: 'command', command: form.command, ...(form.action && { action: form.action }), options })
    },
    async complete(person, command, option, typed) {
      const owner = { platform: name, space: 'guild', person }
      return (
        (await receiver?.complete({ owner, asker: { admin: false, operator: false, roles: [] }, locale: 'en', command, option, typed })) ??
        []
      )
    },
    messages: (person) => [...shown.values()].filter(({ to }) => !to || !person || to === person),
    acknowledged: (event) => acknowledged.get(event),
    vanish: (message) => void shown.delete(messageOf(message).id),
  }
  return fake
}

interface Line {
  readonly message: FakeMessage
  readonly nonce?: string
  readonly removed?: true
}

function addressOf(address: Json): { event: string; person: string } {
  return address as { event: string; person: string }
}

/** Pictures by their hash: the file says what was shown, not how it looked. */
function short(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value
}

/** The name that reactions and `press` use. */
export function nameOf(fake: FakePlatform, { id }: FakeMessage): string {
  return `${fake.platform.name}-${id}`
}
