// A registry of GPU hosts (membership by heartbeat): who has announced itself lately, what it has, and who is left out and why. Hosts
// that fall silent are gone; while Redis itself is away nobody is.

import type { LaneName } from '../../../../jobs/lane.ts'
import { slotsFor } from '../../host-takes.ts'
import type { HostAnnouncement } from '../../protocol/messages/announcement.ts'
import { announcementSchema } from '../../protocol/messages/announcement.ts'
import { NotAuthentic, type Signature, skewMs } from '../../protocol/signature.ts'
import { protocolVersion } from '../../protocol/version.ts'
import { createRecent } from '../../recent.ts'

export interface KnownHost extends HostAnnouncement {
  /** Of a steady clock. */
  readonly heardMs: number
  /** An admin wants it to take nothing more. */
  readonly drained: boolean
  /** It has spoken since this bot listens. What was kept of others is known, because they may come back; nothing is given to them. */
  readonly heard: boolean
}

export interface HostRegistry {
  /** A text that a host, or somebody else, has published just now or kept where it can be read later. */
  hear(text: string, how: 'published' | 'kept'): void
  get(host: string): KnownHost | undefined
  /** All that are known, those that take nothing among them; not those of another version. */
  all(): readonly KnownHost[]
  /** Slots of those that take work of this kind. */
  slots(lane: LaneName): number
  /** What an admin wants. False where no such host is there. */
  drain(host: string, drained: boolean): boolean
  /** Forgets who has been silent for too long. @param listeningSinceMs since when their words have come through without a break */
  expire(listeningSinceMs: number): void
}

export interface HostRegistryParts {
  readonly signature: Pick<Signature, 'open'>
  /** Of the bot; hosts of another are left out. */
  readonly version: string
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  /** Since 1970. */
  readonly nowMs: () => number
  readonly silentMs: number
  /** Something else than a heartbeat. */
  readonly onChange: () => void
  /** It has left, or is silent. After `onChange`. */
  readonly onGone: (host: KnownHost, why: 'left' | 'silent') => void
  readonly onHeard: (host: KnownHost) => void
  /** For the operator. */
  readonly onTrouble: (sentence: string) => void
}

export function createHostRegistry(parts: HostRegistryParts): HostRegistry {
  const { signature, version, now, nowMs, silentMs, onChange, onGone, onHeard, onTrouble } = parts
  const hosts = new Map<string, KnownHost>()
  /** Of hosts that have left, so that a heartbeat that comes late does not bring them back. */
  const lastSeq = new Map<string, number>()
  /** Bounded, because strangers may invent names without end. */
  const told = createRecent(1000)

  function tellOnce(about: string, sentence: string): void {
    if (!told.has(about)) onTrouble(sentence)
    told.add(about)
  }

  function read(text: string, how: 'published' | 'kept'): HostAnnouncement | undefined {
    try {
      const { body, issuedMs } = signature.open('announcement', text, announcementSchema)
      const oldMs = nowMs() - issuedMs
      if (oldMs <= silentMs + skewMs) return body
      if (how === 'kept') return undefined
      throw new NotAuthentic(`was said ${Math.round(oldMs / 1000)} s ago: a clock is wrong`)
    } catch (error) {
      if (!(error instanceof NotAuthentic)) throw error
      if (how === 'published') {
        const sentence = `Somebody announced a GPU host, and that ${error.message}: look at its HOST_KEY and its clock.`
        tellOnce(error.message.replaceAll(/\d+/g, 'n'), sentence)
      }
      return undefined
    }
  }

  function hear(text: string, how: 'published' | 'kept'): void {
    const heard = read(text, how)
    if (!heard) return
    if (heard.seq <= (lastSeq.get(heard.host) ?? -1)) return
    lastSeq.delete(heard.host)
    lastSeq.set(heard.host, heard.seq)
    if (lastSeq.size > mostRemembered) lastSeq.delete(lastSeq.keys().next().value!)
    if (heard.version !== version || heard.protocol !== protocolVersion) {
      const differ =
        heard.version !== version
          ? `has version ${heard.version} and the bot ${version}`
          : `speaks version ${heard.protocol} of our protocol and the bot ${protocolVersion}, so one of them was not updated`
      tellOnce(`${heard.host} ${heard.version}`, `GPU host ${heard.name} ${differ}: it is left out until both are the same.`)
      return
    }
    const before = hosts.get(heard.host)
    if (heard.state === 'left') {
      remove(before, 'left')
      return
    }
    const after = { ...heard, heardMs: now(), drained: before?.drained ?? false, heard: how === 'published' || before !== undefined }
    hosts.set(heard.host, after)
    if (!before?.heard && after.heard)
      onTrouble(`GPU host ${heard.name} is there, with ${heard.devices.map((device) => device.name).join(', ')}.`)
    if (!before || looksOf(before) !== looksOf(after)) onChange()
    onHeard(after)
  }

  function remove(host: KnownHost | undefined, why: 'left' | 'silent'): void {
    if (!host || !hosts.delete(host.host)) return
    if (host.heard)
      onTrouble(why === 'left' ? `GPU host ${host.name} has left.` : `GPU host ${host.name} is silent: what it rendered goes to another.`)
    onChange()
    onGone(host, why)
  }

  return {
    hear,
    get: (host) => hosts.get(host),
    all: () => [...hosts.values()],
    slots: (lane) => [...hosts.values()].reduce((sum, host) => sum + (takesWork(host) ? slotsFor(host, lane) : 0), 0),
    drain(host, drained) {
      const known = hosts.get(host)
      if (!known) return false
      hosts.set(host, { ...known, drained })
      if (known.drained !== drained) onChange()
      return true
    },
    expire(listeningSinceMs) {
      const beforeMs = now() - silentMs
      if (listeningSinceMs > beforeMs) return
      for (const host of [...hosts.values()]) if (host.heardMs < beforeMs) remove(host, 'silent')
    },
  }
}

const mostRemembered = 10_000

export function takesWork({ state, drained, heard }: KnownHost): boolean {
  return state === 'up' && !drained && heard
}

/** But for the time. */
function looksOf({ heardMs: _heardMs, seq: _seq, ...looks }: KnownHost): string {
  return JSON.stringify(looks)
}
