// Which GPU hosts are known: what is left out, and what the operator hears of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostRegistry } from '../../../../../src/render/bullmq/pool/hosts/host-registry.ts'
import type { HostAnnouncement } from '../../../../../src/render/bullmq/protocol/messages/announcement.ts'
import { createSignature } from '../../../../../src/render/bullmq/protocol/signature.ts'
import { protocolVersion } from '../../../../../src/render/bullmq/protocol/version.ts'
import { announcementOf } from '../../announcement.ts'

const signature = createSignature({ key: 'the key of this test', nowMs: Date.now })

function heard(changes: Partial<HostAnnouncement>): { readonly hosts: number; readonly troubles: readonly string[] } {
  const troubles: string[] = []
  const registry = createHostRegistry({
    signature,
    version: '1.2.3',
    now: () => 0,
    nowMs: Date.now,
    silentMs: 1000,
    onChange: () => undefined,
    onGone: () => undefined,
    onHeard: () => undefined,
    onTrouble: (sentence) => troubles.push(sentence),
  })
  const announcement = announcementOf({ host: 'h1', name: 'ada', version: '1.2.3', ...changes })
  registry.hear(signature.sign('announcement', announcement, 60_000), 'published')
  return { hosts: registry.all().length, troubles }
}

test('a host of the same version and protocol is there; one of another is left out, and which of the two is another is said', () => {
  assert.deepEqual(heard({}), { hosts: 1, troubles: ['GPU host ada is there, with cuda:0.'] })
  const older = 'GPU host ada has version 1.2.2 and the bot 1.2.3: it is left out until both are the same.'
  assert.deepEqual(heard({ version: '1.2.2' }), { hosts: 0, troubles: [older] })
  const [sentence] = heard({ protocol: protocolVersion + 1 }).troubles
  assert.match(
    sentence!,
    new RegExp(`speaks version ${protocolVersion + 1} of our protocol and the bot ${protocolVersion}, so one of them was not updated`),
  )
})
