// The wire format of protocol buffers, as far as ONNX needs it. Source: protobuf.dev/programming-guides/encoding.

/** One message being written; fields are appended in the order called. */
export class Message {
  readonly #parts: Uint8Array[] = []
  #length = 0

  int(field: number, value: number | bigint): this {
    return this.#raw([varint((field << 3) | 0), varint(value)])
  }

  float(field: number, value: number): this {
    return this.#raw([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)])
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#raw([varint((field << 3) | 2), varint(value.length), value])
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value))
  }

  message(field: number, value: Message): this {
    return this.#raw([varint((field << 3) | 2), varint(value.#length), ...value.#parts])
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.#length)
  }

  #raw(parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.#parts.push(part)
      this.#length += part.length
    }
    return this
  }
}

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest ? low | 0x80 : low)
  } while (rest)
  return Uint8Array.from(bytes)
}
