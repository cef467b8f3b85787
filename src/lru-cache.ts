// An LRU cache, for every room: see engine/errors.ts for why it stands there.

export { createLruCache, type LruCache } from './engine/lru-cache.ts'
