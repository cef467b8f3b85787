// Connection errors: whether what was to be sent can have arrived. Of a connection that never came about it is known that nothing did.

/** Of node's sockets and resolver, and of its fetch. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
])

export function isUnsent(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  return unsentCodes.has(Reflect.get(thrown, 'code')) || isUnsent(thrown.cause)
}
