// A platform adapter. It translates and decides nothing: events into Incoming, Outgoing into calls. Where platforms differ, the difference is
// data in `limits`. test/suites/platform.ts holds what every one must do; terminal/ is the smallest.

import type { Format } from '../../animation-format.ts'
import type { Json } from '../../store/json.ts'
import type { Attachment } from './attachment.ts'
import type { Choice, Circumstances, FormOpening, Incoming, Typing } from './incoming.ts'
import type { Audience, Form, Outgoing } from './outgoing.ts'

export interface Platform {
  /** As in `Owner.platform`. */
  readonly name: string
  readonly limits: PlatformLimits
  /**
   * Connects and calls the receiver until `stop`. Resolves when it receives what people do.
   * @returns one line for the operator: where it can be found, as whom it is signed in
   * @throws UserError naming the step that mends a wrong configuration
   */
  start(receiver: Receiver): Promise<string>
  /** Receives nothing any more; lets calls in flight end. */
  stop(): Promise<void>
  /** Undefined while people can reach it, else why not. */
  trouble(): string | undefined
  /** Keeps the address open while a response takes longer. Once; the first `post` there then fills it. */
  acknowledge(address: Json, audience: Audience): Promise<void>
  /**
   * A new message. The first one at an address is the response to it.
   * @throws UserError where it can never be shown there: gone, forbidden, too large; anything else is tried again
   */
  post(address: Json, outgoing: Outgoing): Promise<Posted>
  /**
   * Shows who asked, where they are and to nobody else, what goes with a message that everybody sees; it is worth no private message.
   * Undefined: that cannot be done there. Absent: each reader sees a page of their own, and `Button.for` decides.
   */
  postEphemeral?(address: Json, outgoing: Outgoing): Promise<Posted | undefined>
  /** The whole message anew. Undefined: it is gone or can no longer be reached, and the caller posts another. */
  edit(posted: Posted, outgoing: Outgoing): Promise<Posted | undefined>
  /** Content where it was, if it is there still. */
  remove(posted: Posted): Promise<void>
  /** Takes away what the platform itself keeps about a person, in this process or on this host. */
  forget?(person: string): Promise<void> | void
  /** What these ids are called here, as far as the reader may know: '#general', '@artists', 'ann'. Absent: an id is a name. */
  namesOf?(ids: readonly string[], reader: Reader): Promise<ReadonlyMap<string, string>>
  /** Opens a dialog as the response; only before anything was posted at the address. */
  open(address: Json, form: Form): Promise<void>
  /** Files of the thread at this address, or of the message that was replied to there; of whom the bot may read. Absent: there is no such thing. */
  filesNear?(address: Json): Promise<readonly Attachment[]>
  /**
   * The bytes of a file that was handed over here, as they come, in pieces. Absent: its `url` is open to all (Discord's signed ones)
   * and is downloaded like any other. A platform that signs in (Slack) or keeps what was uploaded (the page) has this, and reads
   * only what is its own, whatever `url` says.
   * @throws UserError `file-gone` where it is no longer there
   */
  fetchFile?(attachment: Attachment, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Who gets to read something, and where. */
export type Reader = Pick<Circumstances, 'owner' | 'asker'>

/** JSON: it is kept, and works after a restart and after years. */
export interface Posted {
  readonly handle: Json
  /** Every message that shows this, as reactions will name them. Unique on the platform. */
  readonly messages: readonly string[]
  /** From then on it can no longer be changed. Absent: as long as it is there. */
  readonly editableUntilMs?: number | undefined
}

/** What a platform calls with what it receives. Neither method throws. */
export interface Receiver {
  receive(incoming: Incoming): Promise<void>
  /** At most `limits.choices`. */
  complete(typing: Typing): Promise<readonly Choice[]>
  /** What holds now of that which a command's options change, by option; nothing where that is not for them. */
  current?(asking: FormOpening): Promise<Readonly<Record<string, string>>>
}

export interface PlatformLimits {
  /** A response or `acknowledge` must have been sent by then. */
  readonly responseMs: number
  /** Of one file, when nothing better is known. */
  readonly maxBytes: number
  /** What plays and loops by itself in a message, best first. */
  readonly formats: readonly Format[]
  /** Whether a preview may change with each edit; otherwise progress is text. */
  readonly previews: boolean
  readonly edits: EditLimits
  /** It says beside every message who asked, to themselves otherwise than to others: our sentences need not. */
  readonly namesAsker?: true
  readonly textChars: number
  readonly quoteChars: number
  readonly factChars: number
  readonly facts: number
  readonly items: number
  readonly buttons: number
  readonly choices: number
}

/** How often messages may be changed, and whether that is counted for each message or for all of a space together. */
export interface EditLimits {
  readonly perMinute: number
  readonly per: 'message' | 'space'
}
