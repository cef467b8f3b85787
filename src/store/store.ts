// Everything that outlives the process, but for the journal: key-value namespaces through Keyv, and animations as blobs.

import type Keyv from 'keyv'

export interface Store {
  /** One namespace: styles, settings, defaults, messages, kept. */
  space<T>(name: string): Keyv<T>
  readonly blobs: Blobs
  close(): Promise<void>
}

/** Bytes by name; a name says nothing of what was asked. */
export interface Blobs {
  put(name: string, bytes: Uint8Array): Promise<void>
  get(name: string): Promise<Uint8Array | undefined>
  delete(name: string): Promise<void>
}
