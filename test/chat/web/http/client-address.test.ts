// Client addresses: who is told apart from whom.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddress } from '../../../../src/chat/web/http/client-address.ts'

test('an address is whole in IPv4, and of IPv6 the half that one household has', () => {
  const same = [
    ['203.0.113.5', '::ffff:203.0.113.5'],
    ['2001:db8:1:2::1', '2001:0db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:db8::1', '2001:db8:0:0:5::'],
    ['fe80::1%eth0', 'fe80::2'],
    ['::1', '::2'],
  ] as const
  for (const [one, other] of same) assert.equal(clientAddress(one), clientAddress(other), `${one} and ${other}`)
  const apart = [
    ['203.0.113.5', '203.0.113.6'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['::1', '127.0.0.1'],
  ] as const
  for (const [one, other] of apart) assert.notEqual(clientAddress(one), clientAddress(other), `${one} and ${other}`)
})

test('of what was forwarded the last entry counts, where it is an address', () => {
  assert.equal(clientAddress('127.0.0.1', '198.51.100.1, 203.0.113.5'), '203.0.113.5')
  for (const nonsense of ['', 'unknown', '203.0.113.5, evil', '203.0.113.5:80'])
    assert.equal(clientAddress('127.0.0.1', nonsense), '127.0.0.1')
})
