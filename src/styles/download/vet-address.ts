// An SSRF guard for IP addresses: only those of the public internet pass. Everything else could be this host, its network or its cloud's
// metadata.

import ipaddr from 'ipaddr.js'

/** Why no connection goes there; undefined where it may. */
export function whyPrivate(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return 'is no address'
  const range = ipaddr.parse(address).range()
  // Loopback, private, link-local, unique-local, carrier-grade NAT, multicast, reserved; and IPv6 that carries an IPv4 address inside
  // (mapped, 6to4, Teredo, NAT64), whose range is none of 'unicast' either.
  return range === 'unicast' ? undefined : `is ${ranges[range] ?? range}`
}

const ranges: Readonly<Record<string, string>> = {
  loopback: 'this host',
  private: 'a private network',
  linkLocal: 'link-local',
  uniqueLocal: 'a private network',
  carrierGradeNat: "a provider's inner network",
  multicast: 'multicast',
  unspecified: 'no host',
  ipv4Mapped: 'an IPv4 address in disguise',
  '6to4': 'an IPv4 address in disguise',
  teredo: 'an IPv4 address in disguise',
  rfc6052: 'an IPv4 address in disguise',
  rfc6145: 'an IPv4 address in disguise',
}
