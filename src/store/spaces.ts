// Spaces: the namespaces of one back end, as Keyv wants each of them to be.

import type { KeyvStoreAdapter } from 'keyv'

export interface Spaces {
  space(name: string): KeyvStoreAdapter
  /** Of those that hold something. */
  names(): Promise<readonly string[]>
  close(): Promise<void>
}
