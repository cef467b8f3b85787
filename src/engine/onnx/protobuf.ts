// A protocol buffers writer: the wire format, as far as ONNX needs it. Source: protobuf.dev/programming-guides/encoding.

/** What is longer is kept where it lies until the whole message is put together: weights are copied once. */
const copied = 4096

/** One message being written; fields are appended in the order called. What `bytes` is given must stay as it is until `finish`. */
export class ProtobufWriter {
  /** Finished parts, and behind them the one that is being written. */
  #parts: Uint8Array[] = []
  #partsLength = 0
  #bytes = Buffer.allocUnsafe(128)
  #length = 0

  int(field: number, value: number | bigint): this {
    this.#varint((field << 3) | 0)
    if (typeof value === 'number' && value >= 0 && value < 2 ** 32) this.#varint(value)
    else this.#longVarint(BigInt.asUintN(64, BigInt(value)))
    return this
  }

  float(field: number, value: number): this {
    this.#varint((field << 3) | 5)
    this.#reserve(4)
    this.#length = this.#bytes.writeFloatLE(value, this.#length)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#field(field, value.length, [value])
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value))
  }

  message(field: number, value: ProtobufWriter): this {
    return this.#field(field, value.#partsLength + value.#length, [...value.#parts, value.#open()])
  }

  finish(): Uint8Array {
    return this.#parts.length === 0 ? this.#open() : Buffer.concat([...this.#parts, this.#open()], this.#partsLength + this.#length)
  }

  #open(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #field(field: number, length: number, parts: readonly Uint8Array[]): this {
    this.#varint((field << 3) | 2)
    this.#varint(length)
    if (length <= copied) {
      this.#reserve(length)
      for (const part of parts) {
        this.#bytes.set(part, this.#length)
        this.#length += part.length
      }
      return this
    }
    for (const part of [this.#open(), ...parts]) this.#parts.push(part)
    this.#partsLength += this.#length + length
    this.#bytes = Buffer.allocUnsafe(128)
    this.#length = 0
    return this
  }

  #varint(value: number): void {
    this.#reserve(5)
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#length++] = rest
  }

  #longVarint(value: bigint): void {
    this.#reserve(10)
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + more))
    wider.set(this.#open())
    this.#bytes = wider
  }
}
