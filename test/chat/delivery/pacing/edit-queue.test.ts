// Edit queue: how often messages are edited, which first, and what a final message waits for.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEditQueue } from '../../../../src/chat/delivery/pacing/edit-queue.ts'
import { createManualClock } from '../../../jobs/manual-clock.ts'

describe('edits', () => {
  const place = (message: string, running = true, space = 'guild') => ({ message, space, running })

  test('of one message come no faster than allowed, and show the newest state', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 20, per: 'message' }, clock)
    const sent: [number, number][] = []
    for (let n = 0; n < 100; n++) {
      queue.offer(place('a'), async () => sent.push([clock.nowMs(), n]) > 0)
      await clock.advance(100)
    }
    await clock.advance(10_000)
    assert.deepEqual(
      sent.map(([ms]) => ms),
      [0, 3000, 6000, 9000, 12_000],
    )
    assert.equal(sent.at(-1)![1], 99)
    assert.ok(sent[1]![1] >= 29)
  })

  test('that send nothing cost nothing', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 1, per: 'message' }, clock)
    let asked = 0
    for (let n = 0; n < 10; n++) {
      queue.offer(place('a'), async () => {
        asked++
        return false
      })
      await clock.advance(10)
    }
    assert.equal(asked, 10)
  })

  test('of a space share its budget in turn, drawings and waiting requests alternately', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 60, per: 'space' }, clock)
    const sent: string[] = []
    const offer = (message: string, running: boolean) =>
      queue.offer(place(message, running), async () => {
        sent.push(message)
        offer(message, running)
        return true
      })
    offer('drawing', true)
    for (const message of ['w1', 'w2', 'w3']) offer(message, false)
    queue.offer(place('elsewhere', true, 'other'), async () => sent.push('elsewhere') > 0)
    await clock.advance(7500)
    assert.deepEqual(
      sent.filter((message) => message !== 'elsewhere'),
      ['w1', 'drawing', 'w2', 'drawing', 'w3', 'drawing', 'w1', 'drawing'],
    )
    assert.ok(sent.includes('elsewhere'))
  })

  test('never hold back the last one, which waits only for the edit that is under way, and counts', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 6, per: 'message' }, clock)
    const order: string[] = []
    let finish: () => void = () => undefined
    queue.offer(place('a'), () => new Promise((resolve) => (finish = () => resolve(order.push('under way') > 0))))
    await clock.advance(1)
    queue.offer(place('a'), async () => order.push('never') > 0)
    const cleared = queue.clear(place('a')).then(() => order.push('last'))
    await clock.advance(1)
    assert.deepEqual(order, [])
    finish()
    await cleared
    assert.deepEqual(order, ['under way', 'last'])
    assert.equal(clock.nowMs(), 2)
    await clock.advance(60_000)
    assert.deepEqual(order, ['under way', 'last'])
  })

  test('wait for last ones, which are of the same budget', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 60, per: 'space' }, clock)
    const sent: [string, number][] = []
    const offer = (message: string) => queue.offer(place(message), async () => sent.push([message, clock.nowMs()]) > 0)
    // before any other
    await queue.clear(place('a'))
    offer('b')
    await clock.advance(1500)
    // while the next one waits for its turn
    offer('c')
    await queue.clear(place('a'))
    offer('d')
    await clock.advance(3000)
    // while another one is under way
    let finish: (sent: boolean) => void = () => undefined
    queue.offer(place('e'), () => new Promise((resolve) => (finish = resolve)))
    await clock.advance(600)
    await queue.clear(place('a'))
    finish(true)
    await clock.advance(0)
    offer('f')
    await clock.advance(5000)
    assert.deepEqual(sent, [
      ['b', 1000],
      ['c', 3000],
      ['d', 4000],
      ['f', 7100],
    ])
  })

  test('that were dropped are not missed: the next message has its turn', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 60, per: 'space' }, clock)
    const sent: string[] = []
    queue.offer(place('a'), async () => sent.push('a') > 0)
    await queue.clear(place('a'))
    await clock.advance(5000)
    queue.offer(place('b'), async () => sent.push('b') > 0)
    await clock.advance(5000)
    assert.deepEqual(sent, ['b'])
  })

  test('that hang are waited for ten seconds', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 60, per: 'space' }, clock)
    queue.offer(place('a'), () => new Promise(() => undefined))
    await clock.advance(1)
    let cleared = false
    queue.clear(place('a')).then(() => {
      cleared = true
    })
    const sent: string[] = []
    queue.offer(place('b'), async () => sent.push('b') > 0)
    await clock.advance(9000)
    assert.deepEqual({ cleared, sent }, { cleared: false, sent: [] })
    await clock.advance(5000)
    assert.deepEqual({ cleared, sent }, { cleared: true, sent: ['b'] })
  })

  test('are over once the queue was stopped', async () => {
    const clock = createManualClock(0)
    const queue = createEditQueue({ perMinute: 60, per: 'message' }, clock)
    const sent: string[] = []
    queue.offer(place('a'), async () => sent.push('a') > 0)
    await queue.stop()
    queue.offer(place('b'), async () => sent.push('b') > 0)
    await clock.advance(10_000)
    assert.deepEqual(sent, [])
  })
})
