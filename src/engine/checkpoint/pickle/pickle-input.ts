// A byte reader for pickles: the argument encodings of Python's Lib/pickletools.py, taken from the front.
// Nothing is allocated before its length has been compared with what is left.

import { UserError } from '../../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Real ones are counters and seeds; converting longer ones from decimal takes time that grows faster than their length. */
const maxIntegerBytes = 1024

export class PickleInput {
  at: number
  readonly where: string
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** @param where names the file, for sentences */
  constructor(bytes: Uint8Array, start: number, where: string) {
    this.at = start
    this.where = where
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** Lengths only: what passes 2^53 passes the file too. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true))
  }

  /** Big-endian, the one number in a pickle that is. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  utf8(length: number): string {
    const start = this.#take(length)
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length))
    } catch (cause) {
      throw new UserError(
        'pickle-invalid',
        `The pickle in ${this.where} holds text at byte ${start} that is not UTF-8.`,
        { at: start },
        { cause },
      )
    }
  }

  /** What Python 2 called a string: bytes, one character each. */
  latin1(length: number): string {
    const start = this.#take(length)
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length).toString('latin1')
  }

  /** Two's complement, little-endian. */
  integer(length: number): number | bigint {
    if (length > maxIntegerBytes) throw this.invalid(`an integer of ${length} bytes`)
    const start = this.#take(length)
    let value = 0n
    for (let i = start + length - 1; i >= start; i--) value = (value << 8n) | BigInt(this.#view.getUint8(i))
    return plainInteger(BigInt.asIntN(length * 8, value))
  }

  /** Up to the next line feed, which is taken too. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at)
    if (end < 0) throw this.#truncated()
    const text = this.latin1(end - this.at)
    this.at = end + 1
    return text
  }

  decimalInteger(): number | bigint {
    return this.#decimal(this.line())
  }

  /** Protocol 0 writes True as 01. */
  decimalIntegerOrBoolean(): number | bigint | boolean {
    const text = this.line()
    return text === '00' || text === '01' ? text === '01' : this.#decimal(text)
  }

  #decimal(line: string): number | bigint {
    const text = line.replace(/L$/, '')
    if (text.length > maxIntegerBytes || !/^[+-]?\d+$/.test(text)) throw this.invalid('an integer that is none')
    return plainInteger(BigInt(text.replace('+', '')))
  }

  decimalFloat(): number {
    const text = this.line()
    if (/^-?(inf|nan)$/.test(text))
      return text.endsWith('nan') ? Number.NaN : text === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    if (text.length > maxIntegerBytes || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw this.invalid('a number that is none')
    return Number(text)
  }

  /** 'as Python 2 prints it', in either kind of quotes. */
  quotedLine(): string {
    const text = this.line()
    const quote = text[0]
    if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) throw this.invalid('a string without quotes')
    return text.slice(1, -1).replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex: string | undefined, letter: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      const plain = pythonEscapes.get(letter ?? '')
      if (plain === undefined) throw this.invalid(`the escape \\${letter}`)
      return plain
    })
  }

  /** Latin-1 with \uXXXX and \UXXXXXXXX for the rest. */
  rawUnicodeLine(): string {
    return this.line().replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short: string | undefined, long: string | undefined) => {
      const code = Number.parseInt(short ?? long ?? '', 16)
      if (code > 0x10ffff) throw this.invalid('a character beyond Unicode')
      return String.fromCodePoint(code)
    })
  }

  invalid(what: string): UserError {
    return new UserError('pickle-invalid', `The pickle in ${this.where} has ${what} at byte ${this.at}.`, {
      where: this.where,
      at: this.at,
    })
  }

  #take(length: number): number {
    if (!(length <= this.#bytes.length - this.at)) throw this.#truncated()
    const start = this.at
    this.at += length
    return start
  }

  #truncated(): UserError {
    return new UserError('pickle-truncated', `${this.where} ends in the middle of its pickle, after ${this.#bytes.length} bytes.`, {
      where: this.where,
    })
  }
}

const pythonEscapes: ReadonlyMap<string, string> = new Map([
  ...['\\', "'", '"'].map((c): [string, string] => [c, c]),
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** A number where it is exact, a bigint beyond. */
export const plainInteger = (value: bigint): number | bigint => (BigInt.asIntN(53, value) === value ? Number(value) : value)
