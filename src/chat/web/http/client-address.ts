// A client's address: from where a call comes, as far as limits ask. Behind a reverse proxy every call comes from the proxy, which says for
// whom in X-Forwarded-For; anybody can write that header, so it is believed only where the operator says that a proxy sets it.

import { isIPv4, isIPv6 } from 'node:net'

/**
 * @param remote the other end of the connection
 * @param forwarded X-Forwarded-For, where it is to be believed: its last entry is the proxy's own, those before it are anybody's
 */
export function clientAddress(remote: string, forwarded?: string): string {
  const told = forwarded?.split(',').at(-1)?.trim() ?? ''
  return network(isIPv4(told) || isIPv6(told) ? told : remote)
}

/** Of an IPv6 address the half that a provider gives one household: the other half is the household's to choose. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('%')[0]!.split('::') as [string, string?]
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [string[], string[]]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
