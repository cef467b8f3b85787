// Embedded settings: how an animation was made, as one line of JSON inside its file, {"zoetrope": …}. The envelope distinguishes our text
// from whatever other programs leave in the same places.

import type { Format } from '../animation-format.ts'
import { UserError } from '../errors.ts'

/** What a file says about itself, read from its structure alone: no picture is decoded. */
export interface AnimationMetadata {
  readonly format: Format
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly durationMs: number
  /** Absent where another program made the file or took the text out. */
  readonly settings?: unknown
}

const MAX_TEXT_BYTES = 16 << 20

/** One line without control characters, also of any prompt. U+FFFE and U+FFFF are escaped because XML forbids them. */
export function settingsText(settings: unknown): string {
  return escaped(JSON.stringify({ zoetrope: settings }), /[\u007f-\u009f\ufffe\uffff]/g)
}

/** The same in ASCII alone, for formats that know no other. */
export function asciiSettingsText(settings: unknown): string {
  return escaped(JSON.stringify({ zoetrope: settings }), /[\u007f-\uffff]/g)
}

/** The settings in the first of `texts` that is ours, as properties to spread into AnimationMetadata. */
export function parseSettings(texts: Iterable<string>): { settings?: unknown } {
  for (const text of texts) {
    if (!text.startsWith('{"zoetrope":')) continue
    try {
      return { settings: (JSON.parse(text) as { zoetrope: unknown }).zoetrope }
    } catch (cause) {
      throw new UserError('settings-damaged', 'The settings in this animation are damaged: expected JSON.', {}, { cause })
    }
  }
  return {}
}

/** @throws UserError where a text is longer than any of ours by far: strings have a largest length. */
export function decodeText(format: string, at: number, data: Uint8Array): string {
  if (data.length > MAX_TEXT_BYTES) throw damaged(format, at, `a text of ${data.length} bytes is too long`)
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString()
}

/** Thrown where the structure of a file does not hold. `at` is a byte offset. */
export function damaged(format: string, at: number, what: string): UserError {
  return new UserError('animation-damaged', `This ${format} file is damaged: ${what}, at byte ${at}.`, { format, at })
}

function escaped(json: string, what: RegExp): string {
  return json.replace(what, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
