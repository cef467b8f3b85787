// A content store (content-addressable storage): where bot and GPU hosts put files and results for each other, by the SHA-256 of what
// they hold. Whoever takes something out checks it before it is used: nothing that a store gives is believed.

export interface ContentStore {
  /** Of one content; a larger one is not put. */
  readonly maxBytes: number
  has(sha256: string): Promise<boolean>
  /**
   * Whole or not at all. What is there already is kept for longer.
   * @param source read once
   * @param keepMs after that it may be gone
   */
  put(content: ContentDigest, source: () => AsyncIterable<Uint8Array>, keepMs: number): Promise<void>
  /** @throws NotStored */
  get(sha256: string): AsyncIterable<Uint8Array>
  /** Nothing where there is none. */
  delete(sha256: string): Promise<void>
  close(): Promise<void>
}

export interface ContentDigest {
  readonly sha256: string
  readonly bytes: number
}

/** It was never put, or has expired. */
export class NotStored extends Error {
  override readonly name = 'NotStored'

  constructor(sha256: string) {
    super(`${sha256} is not in the content store`)
  }
}

/** What came is not what its name says: damaged on the way, or put there by somebody else. */
export class WrongContent extends Error {
  override readonly name = 'WrongContent'

  constructor({ sha256, bytes }: ContentDigest, found: ContentDigest) {
    super(`expected ${bytes} bytes with SHA-256 ${sha256}, got ${found.bytes} with ${found.sha256}`)
  }
}
