// The fair queue in memory: the suite for fair queues, and the order that was published.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createFairQueue, type QueueEntry, restoreFairQueue } from '../../../src/jobs/fair-queue/fair-queue.ts'
import { testQueue } from '../../suites/queue.ts'

testQueue('the queue in memory', { create: createFairQueue, restore: restoreFairQueue })

test('the order is that of deficit round robin as published, one inside the other', () => {
  const entry = fc.record({
    space: fc.constantFrom('s0', 's1', 's2'),
    person: fc.constantFrom('p0', 'p1', 'p2'),
    cost: fc.integer({ min: 1, max: 350 }),
    priority: fc.constant(1),
  })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 50 }), fc.integer({ min: 1, max: 400 }), (all, quantum) => {
      const entries = all.map((one, n) => ({ ...one, id: `j${n}` }))
      const queue = createFairQueue(quantum)
      for (const one of entries) queue.add(one)
      const bySpace = groups(entries, ({ space }) => space).map((people) =>
        published(
          groups(people, ({ person }) => person),
          quantum,
        ),
      )
      assert.deepEqual(queue.order(), published(bySpace, quantum))
    }),
    { numRuns: 500 },
  )
})

test('two servers get the same share, however many people ask in each', () => {
  const queue = createFairQueue(100)
  for (let n = 0; n < 40; n++) queue.add({ id: `big${n}`, space: 'big', person: `p${n}`, cost: 100, priority: 1 })
  for (let n = 0; n < 10; n++) queue.add({ id: `small${n}`, space: 'small', person: 'only', cost: 100, priority: 1 })
  const first = Array.from({ length: 20 }, () => queue.next()!.space)
  assert.equal(first.filter((space) => space === 'small').length, 10)
})

/** M. Shreedhar, G. Varghese, Efficient Fair Queueing using Deficit Round Robin, SIGCOMM 1995, figure 2. */
function published(queues: readonly (readonly QueueEntry[])[], quantum: number): QueueEntry[] {
  const active = queues.map((entries) => ({ entries: [...entries], deficit: 0 }))
  const sent: QueueEntry[] = []
  for (let queue = active.shift(); queue; queue = active.shift()) {
    queue.deficit += quantum
    while (queue.entries[0] && queue.entries[0].cost <= queue.deficit) {
      const entry = queue.entries.shift()!
      queue.deficit -= entry.cost
      sent.push(entry)
    }
    if (queue.entries.length > 0) active.push(queue)
  }
  return sent
}

/** In the order in which each first appears. */
function groups(entries: readonly QueueEntry[], key: (entry: QueueEntry) => string): QueueEntry[][] {
  return [...Map.groupBy(entries, key).values()]
}
