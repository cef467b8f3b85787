// The store: everything that outlives the process, but for the journal. Key-value namespaces through Keyv, and animations as blobs.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Keyv, { type KeyvStoreAdapter } from 'keyv'
import { UserError } from '../errors.ts'
import { type Blobs, openBlobs } from './blobs.ts'
import type { Spaces } from './spaces.ts'
import { openSqliteSpaces } from './sqlite-spaces.ts'

export type { Blobs } from './blobs.ts'

export interface Store {
  /** One namespace: styles, settings, defaults, messages, kept. The same one each time; what cannot be kept is thrown. */
  space<T>(name: string): Keyv<T>
  readonly blobs: Blobs
  close(): Promise<void>
}

export interface StoreOptions {
  /** Made where it is missing. */
  readonly folder: string
  /** Where namespaces are kept instead of the folder; blobs stay there. */
  readonly redisUrl?: string
  /** A connection that was lost; it is built up again. */
  readonly onError?: (error: Error) => void
}

/** Its client has 400 modules, which nobody waits for who has no Redis. */
export const openRedis = async (url: string, onError: (error: Error) => void): Promise<Spaces> =>
  (await import('./redis-spaces.ts')).openRedisSpaces(url, onError)

/** @throws UserError store-unreachable, redis-unreachable, database-… */
export async function openStore({ folder, redisUrl, onError = () => undefined }: StoreOptions): Promise<Store> {
  const blobs = openFolder(folder)
  const { space: adapterOf, close } = redisUrl === undefined ? openSqliteSpaces(folder) : await openRedis(redisUrl, onError)
  const spaces = new Map<string, Keyv>()

  return {
    space<T>(name: string): Keyv<T> {
      if (!/^[a-z][a-z-]*$/.test(name)) throw new Error(`a space is named with a-z and '-', got '${name}'`)
      const known = spaces.get(name) ?? newSpace(adapterOf(name))
      spaces.set(name, known)
      return known as Keyv<T>
    },
    blobs,
    close,
  }
}

/** Made where it is missing. @throws UserError store-unreachable */
export function openFolder(folder: string): Blobs {
  try {
    mkdirSync(folder, { recursive: true })
    return openBlobs(join(folder, 'blobs'))
  } catch (error) {
    const { message } = error as Error
    const sentence = `The folder ${folder} cannot be made or written (${message}): check rights and space, or name another.`
    throw new UserError('store-unreachable', sentence, { folder, reason: message }, { cause: error })
  }
}

/** Namespaces are the back end's: Keyv's own prefix takes a key that begins like one for a key that has it already. */
function newSpace(store: KeyvStoreAdapter): Keyv {
  const { namespace } = store
  return new Keyv({ store, useKeyPrefix: false, throwOnErrors: true, emitErrors: false, ...(namespace !== undefined && { namespace }) })
}
