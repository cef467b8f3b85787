// /hosts and what /queue says of GPU hosts: shown to admins, drained and resumed by operators.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { GpuHostSummary } from '../../src/chat/contract/gpu-hosts.ts'
import type { Asker } from '../../src/chat/contract/incoming.ts'
import { type CommandTester, createCommandTester, factsIn } from './command-tester.ts'

const admin: Asker = { admin: true, operator: false, roles: [] }
const operator: Asker = { admin: true, operator: true, roles: [] }

describe('GPU hosts', () => {
  let tester: CommandTester
  let list: readonly GpuHostSummary[] = []
  before(async () => {
    tester = await createCommandTester({
      gpuHosts: {
        list: () => list,
        async drain(host, drained) {
          const known = list.some(({ id, name }) => id === host || name === host)
          list = list.map((one) => (one.id === host || one.name === host ? { ...one, drained } : one))
          return known
        },
        able: async () => [],
      },
    })
  })
  after(() => tester.testChat.close())

  test('are none where this machine draws', async () => {
    assert.match((await tester.say('root', '/hosts', { asker: admin })).text, /^There is no GPU host/)
    const { facts, buttons } = await tester.say('root', '/queue', { asker: admin })
    assert.deepEqual({ facts, buttons }, { facts: undefined, buttons: undefined })
  })

  test('are listed with what each device does; the words of what it draws only to who may see them', async () => {
    const job = await tester.drawn('ann', '/animate a boat')
    list = [
      {
        id: 'ada-1f',
        name: 'ada',
        drained: false,
        devices: [
          { name: 'cuda:0 NVIDIA L4', busy: true, job: job.id },
          { name: 'cuda:1 NVIDIA L4', busy: false },
        ],
      },
      { id: 'bob-2e', name: 'bob', drained: true, devices: [{ name: 'cpu', busy: false }] },
      { id: 'gus-3d', name: 'gus', drained: false, devices: [{ name: 'cuda:0', busy: true }], trainings: { kept: true, running: 1 } },
      { id: 'fay-4c', name: 'fay', drained: true, devices: [{ name: 'cuda:0', busy: false }], trainings: { kept: false, running: 0 } },
    ]
    const { text, items } = await tester.say('root', '/hosts', { asker: admin })
    assert.equal(text, '4 GPU hosts:')
    assert.deepEqual(
      items!.map(({ title, text, buttons }) => ({ title, text, buttons })),
      [
        { title: 'ada', text: 'cuda:0 NVIDIA L4: busy\ncuda:1 NVIDIA L4: free', buttons: undefined },
        { title: 'bob', text: 'takes nothing more\ncpu: free', buttons: undefined },
        { title: 'gus', text: 'kept for styles that are learned: 1 now\ncuda:0: busy', buttons: undefined },
        {
          title: 'fay',
          text: 'takes nothing more\nalso learns styles, while nothing is drawn: 0 now\ncuda:0: free',
          buttons: undefined,
        },
      ],
    )
    assert.deepEqual(factsIn(await tester.say('root', '/queue', { asker: admin })), {
      ada: '1 of 2 busy',
      bob: 'takes nothing more',
      gus: '1 of 1 busy',
      fay: 'takes nothing more',
    })
    assert.equal((await tester.say('ann', '/queue')).facts, undefined)
  })

  test('are drained and resumed by operators, whom a button offers it, and by nobody else', async () => {
    for (const [person, asker] of [
      ['ann', undefined],
      ['root', admin],
    ] as const) {
      const refused = await tester.say(person, '/hosts drain host:ada', asker && { asker })
      assert.match(refused.text, asker ? /^Only who runs this bot/ : /admin/)
    }
    assert.equal(list[0]!.drained, false)
    const { items } = await tester.say('root', '/hosts', { asker: operator })
    assert.deepEqual(
      items!.map(({ buttons }) => buttons!.map(({ label, command }) => [label, command])),
      ['drain host:ada-1f', 'resume host:bob-2e', 'drain host:gus-3d', 'resume host:fay-4c'].map((doing) => [
        [doing.startsWith('drain') ? 'Drain' : 'Resume', `hosts ${doing}`],
      ]),
    )
    assert.match((await tester.say('root', '/hosts drain host:ada-1f', { asker: operator })).text, /finishes what it draws/)
    assert.match((await tester.say('root', '/hosts resume bob', { asker: operator })).text, /given work again/)
    assert.deepEqual(
      list.map(({ drained }) => drained),
      [true, false, false, true],
    )
    assert.match((await tester.say('root', '/hosts drain host:eve', { asker: operator })).text, /There is no GPU host 'eve'/)
  })
})
