// Which host gets a render, and why one cannot have it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KnownHost } from '../../../../../src/render/bullmq/pool/hosts/host-registry.ts'
import { type HostNeeds, pickHost, whyNot } from '../../../../../src/render/bullmq/pool/hosts/pick-host.ts'
import { reasonsAgainst } from '../../../../../src/render/bullmq/pool/refusals.ts'
import { modelKeysOf } from '../../../../../src/render/bullmq/protocol/model-keys.ts'
import { announcementOf } from '../../announcement.ts'

const sha = (letter: string): string => letter.repeat(64)
const file = (letter: string) => ({ sha256: sha(letter) })
const model = modelKeysOf({ checkpoint: file('a'), motion: file('b'), loras: [{ file: file('c'), strength: 1 }] })
const needs: HostNeeds = {
  lane: 'drawing',
  request: { width: 512, height: 512, frames: 16 },
  model,
  contents: [
    { sha256: sha('a'), bytes: 4e9 },
    { sha256: sha('c'), bytes: 1e8 },
  ],
  maxSentBytes: 2.5e8,
}

function host(name: string, changes: Partial<KnownHost> & { readonly warm?: readonly string[] } = {}): KnownHost {
  const { warm = [], ...rest } = changes
  return {
    ...announcementOf({
      host: name,
      name,
      version: '1',
      devices: [{ name: 'cuda:0', memoryBytes: 24e9, warm: [...warm] }],
      installed: [sha('a')],
    }),
    heardMs: 0,
    drained: false,
    heard: true,
    ...rest,
  }
}

const picked = (...hosts: readonly KnownHost[]) => pickHost(hosts, needs, ({ runs }) => 1 - runs.length)?.name

test('one that has the style loaded goes before one that has its nets, and that before any other', () => {
  const [style, nets, cold] = [host('style', { warm: [model.style, model.base] }), host('nets', { warm: [model.base] }), host('cold')]
  assert.equal(picked(cold, nets, style), 'style')
  assert.equal(picked(cold, nets), 'nets')
  assert.equal(picked(cold), 'cold')
})

test('one that has no free slot is not waited for, however warm it is', () => {
  assert.equal(picked(host('style', { warm: [model.style], runs: ['x.1'] }), host('cold')), 'cold')
  assert.equal(picked(host('style', { runs: ['x.1'] })), undefined)
})

test('what is loaded on a device that is taken counts for nothing', () => {
  const two = host('two', {
    devices: [
      { name: 'cuda:0', warm: [model.style], run: 'x.1' },
      { name: 'cuda:1', warm: [] },
    ],
  })
  assert.equal(picked(two, host('nets', { warm: [model.base] })), 'nets')
})

test('among equals the faster one is taken, by what a step of this size took or would take', () => {
  const stepTime = (stepMs: number, frames = 16) => ({ model: model.base, width: 512, height: 512, frames, stepMs })
  assert.equal(picked(host('slow', { stepTimes: [stepTime(900)] }), host('fast', { stepTimes: [stepTime(300)] })), 'fast')
  assert.equal(picked(host('slow', { stepTimes: [stepTime(900)] }), host('smaller', { stepTimes: [stepTime(400, 8)] })), 'smaller')
})

test('one that lacks a file that is too large to be sent, or has too little memory for the weights alone, cannot hold it', () => {
  const lacking = host('lacking', { installed: [sha('c')] })
  const small = host('small', { devices: [{ name: 'cuda:0', memoryBytes: 2e9, warm: [] }] })
  assert.equal(picked(lacking, small), undefined)
  assert.match(whyNot(lacking, needs)!, /lacks a file of 4\.0 GB that must be installed there/)
  assert.match(whyNot(small, needs)!, /has 2\.0 GB of memory, and the weights alone take 2\.0 GB|2\.1 GB/)
  assert.equal(whyNot(host('able'), needs), undefined)
})

test('an adapter makes another style of the same nets, and so does its strength', () => {
  const strength = (n: number) => modelKeysOf({ checkpoint: file('a'), loras: [{ file: file('c'), strength: n }] })
  assert.equal(strength(1).base, strength(0.5).base)
  assert.notEqual(strength(1).style, strength(0.5).style)
  assert.deepEqual(strength(1), strength(1))
  assert.notEqual(strength(1).base, model.base)
})

test('one that is kept for drawings trains nothing, and one that is kept for trainings draws nothing', () => {
  const hosts = [host('both', { takes: 'both' }), host('trainings', { takes: 'trainings' }), host('drawings')]
  const training: HostNeeds = { ...needs, lane: 'training' }
  const free = () => 1
  assert.equal(pickHost([hosts[2]!], training, free), undefined)
  assert.equal(pickHost([hosts[1]!], needs, free), undefined)
  assert.equal(pickHost(hosts, training, free)?.name, 'trainings', 'where one is kept for them')
  assert.equal(pickHost([hosts[0]!, hosts[2]!], training, free)?.name, 'both')
  assert.equal(whyNot(hosts[1]!, needs), 'is kept for trainings')
  assert.equal(whyNot(hosts[2]!, training), 'is kept for drawings')
})

test('a drawing goes to a host that trains nothing, where one is free and as warm', () => {
  const trains = host('trains', { takes: 'both', trainings: ['one.1'], stepTimes: [{ ...needs.request, model: model.base, stepMs: 1 }] })
  assert.equal(pickHost([trains, host('idle', { takes: 'both' })], needs, () => 1)?.name, 'idle')
})

test('one that could not get the files counts as one that cannot, beside others that never could', () => {
  const hosts = [host('drawings'), host('trainings', { takes: 'trainings' })]
  assert.equal(reasonsAgainst(hosts, needs), undefined)
  assert.deepEqual(reasonsAgainst(hosts, needs, new Set(['drawings'])), ['could not get its files', 'is kept for trainings'])
})
