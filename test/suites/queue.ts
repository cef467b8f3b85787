// The suite for fair queues: what every one must promise, whatever it is made of: order, fairness, places. Arrivals are played as scripts that
// fast-check invents and shrinks.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Deficit } from '../../src/jobs/fair-queue/deficit-record.ts'
import type { FairQueue, QueueEntry, SavedFairQueue } from '../../src/jobs/fair-queue/fair-queue.ts'

export interface QueueMaker {
  create(quantum: number): FairQueue
  restore(saved: SavedFairQueue): FairQueue
}

type Step =
  | { readonly act: 'add'; readonly entry: Omit<QueueEntry, 'id'> }
  | { readonly act: 'next' }
  | { readonly act: 'cancel'; readonly which: number }

const quantum = 100
const entryArbitrary = fc.record({
  space: fc.constantFrom('s0', 's1', 's2', 's3'),
  person: fc.constantFrom('p0', 'p1', 'p2', 'p3'),
  cost: fc.integer({ min: 1, max: 350 }),
  priority: fc.constantFrom(1, 1, 1, 2, 3, 10),
})
const entriesArbitrary = fc
  .array(entryArbitrary, { maxLength: 40, size: 'max' })
  .map((all) => all.map((entry, n) => ({ ...entry, id: `j${n}` })))
const stepsArbitrary: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: entryArbitrary.map((entry) => ({ act: 'add' as const, entry })) },
    { weight: 2, arbitrary: fc.constant({ act: 'next' as const }) },
    { weight: 1, arbitrary: fc.nat(1000).map((which) => ({ act: 'cancel' as const, which })) },
  ),
  { maxLength: 60, size: 'max' },
)

export function testQueue(name: string, { create, restore }: QueueMaker): void {
  describe(name, () => {
    test('the place shown is the place in which it is served', () => {
      check(stepsArbitrary, (steps) => {
        const queue = play(create(quantum), steps)
        const order = queue.order()
        let costAhead = 0
        for (const [ahead, { id, cost }] of order.entries()) {
          assert.deepEqual(queue.place(id), { ahead, costAhead })
          costAhead += cost
        }
        assert.deepEqual(drain(queue), ids(order))
      })
    })

    test('everything that was added and not cancelled is served once, and a queue that holds something gives something', () => {
      check(stepsArbitrary, (steps) => {
        const queue = create(quantum)
        const expected = new Set<string>()
        play(queue, steps, {
          added: (id) => expected.add(id),
          left: (id) => assert.ok(expected.delete(id)),
        })
        assert.equal(queue.size, expected.size)
        for (let left = expected.size; left > 0; left--) assert.ok(expected.delete(queue.next()!.id))
        assert.equal(queue.next(), undefined)
        assert.equal(queue.size, 0)
      })
    })

    test("a person's own jobs keep their order", () => {
      check(stepsArbitrary, (steps) => {
        const last = new Map<string, number>()
        for (const { id, space, person } of play(create(quantum), steps).order()) {
          const key = `${space}/${person}`
          assert.ok((last.get(key) ?? -1) < numberOf(id))
          last.set(key, numberOf(id))
        }
      })
    })

    test('who asks later never changes the order among the others', () => {
      check(fc.tuple(stepsArbitrary, entryArbitrary), ([steps, late]) => {
        const queue = play(create(quantum), steps)
        const before = queue.order()
        queue.add({ ...late, id: 'late' })
        const after = queue.order().filter(({ id }) => id !== 'late')
        const elsewhere = (order: readonly QueueEntry[]) => ids(order.filter(({ space }) => space !== late.space))
        const there = (order: readonly QueueEntry[]) => ids(order.filter(({ space }) => space === late.space))
        assert.deepEqual(elsewhere(after), elsewhere(before))
        assert.deepEqual(there(after), there(before))
        // Between its space and the others, only that space can move back.
        for (const [place, { id, space }] of after.entries()) {
          if (space !== late.space) assert.ok(place <= ids(before).indexOf(id))
        }
      })
    })

    test('a job that is added and cancelled leaves no trace in the order', () => {
      check(fc.tuple(stepsArbitrary, entryArbitrary), ([steps, brief]) => {
        const queue = play(create(quantum), steps)
        const before = ids(queue.order())
        queue.add({ ...brief, id: 'brief' })
        assert.equal(queue.cancel('brief'), true)
        assert.deepEqual(ids(queue.order()), before)
        assert.equal(queue.cancel('brief'), false)
        assert.equal(queue.place('brief'), undefined)
      })
    })

    test('a cancelled job never changes the order among other people of a space, nor within another space', () => {
      check(fc.tuple(stepsArbitrary, fc.nat(1000)), ([steps, which]) => {
        const queue = play(create(quantum), steps)
        const before = queue.order()
        if (before.length === 0) return
        const gone = before[which % before.length]!
        queue.cancel(gone.id)
        for (const key of ['s0', 's1', 's2', 's3']) {
          const others = (order: readonly QueueEntry[]) =>
            ids(order.filter(({ space, person }) => space === key && (space !== gone.space || person !== gone.person)))
          assert.deepEqual(others(queue.order()), others(before))
        }
      })
    })

    test('a job is served before whatever arrives after it from people who were not there', () => {
      check(fc.tuple(entriesArbitrary, entryArbitrary, fc.integer({ min: 1, max: 30 })), ([there, mine, newcomers]) => {
        const queue = create(quantum)
        for (const entry of there) queue.add(entry)
        queue.add({ ...mine, cost: 1 + (mine.cost % quantum), space: 'mine', person: 'me', id: 'mine' })
        // Each newcomer has a space of his own, as cheap as can be, and one comes whenever one is served.
        for (let n = 0; n < newcomers || queue.size > 0; n++) {
          if (n < newcomers) queue.add({ id: `n${n}`, space: `new${n}`, person: 'new', cost: 1, priority: 1 })
          const { id } = queue.next()!
          if (id === 'mine') return
          assert.ok(!id.startsWith('n'), `${id} came later and was served first`)
        }
        assert.fail('never served')
      })
    })

    test('nobody starves: the wait has a bound that the greed of others cannot move', () => {
      check(
        fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 350 }), fc.infiniteStream(fc.integer({ min: 1, max: 350 }))),
        ([greedy, cost, costs]) => {
          const queue = create(quantum)
          let n = 0
          const feed = (who: number) =>
            queue.add({ id: `g${n++}`, space: `greedy${who}`, person: 'g', cost: costs.next().value, priority: 1 })
          for (let who = 0; who < greedy; who++) for (let k = 0; k < 4; k++) feed(who)
          for (let k = 0; k < 3; k++) feed(numberOf(queue.next()!.space))
          queue.add({ id: 'mine', space: 'mine', person: 'me', cost, priority: 1 })
          // Rounds until its credit covers it, one more for the round it came in; each gives everybody one quantum on top of what was left over.
          const bound = greedy * (Math.ceil(cost / quantum) + 1) * quantum + greedy * 350
          let served = 0
          for (;;) {
            const entry = queue.next()!
            if (entry.id === 'mine') break
            served += entry.cost
            assert.ok(served <= bound, `${served} was served first, more than ${bound}`)
            feed(numberOf(entry.space))
          }
        },
      )
    })

    test('people who never stop asking get the same cost served, to within a quantum and the dearest jobs; priority p gets p times as much', () => {
      check(fc.tuple(fc.constantFrom(1, 2, 5), fc.infiniteStream(fc.integer({ min: 1, max: 350 }))), ([priority, costs]) => {
        const queue = create(quantum)
        const served = { plain: 0, first: 0 }
        let n = 0
        const feed = (person: 'plain' | 'first') =>
          queue.add({ id: `j${n++}`, space: 's', person, cost: costs.next().value, priority: person === 'first' ? priority : 1 })
        for (let k = 0; k < 3; k++) {
          feed('plain')
          feed('first')
        }
        for (let k = 0; k < 200; k++) {
          const entry = queue.next()!
          const person = entry.person as 'plain' | 'first'
          served[person] += entry.cost
          feed(person)
          // Shares are rounded up to whole units: one for each job.
          assert.ok(Math.abs(served.plain - served.first / priority) <= quantum + 2 * 350 + k + 1, JSON.stringify({ served, k }))
        }
      })
    })

    test('a GPU that is free takes whatever may run, and who may not run gains nothing by waiting', () => {
      check(fc.tuple(entriesArbitrary, fc.subarray(['p0', 'p1', 'p2', 'p3'])), ([entries, barred]) => {
        const blocked = ({ person }: QueueEntry) => barred.includes(person)
        const queue = create(quantum)
        const without = create(quantum)
        for (const entry of entries) {
          queue.add(entry)
          if (!blocked(entry)) without.add(entry)
        }
        for (let left = entries.filter((entry) => !blocked(entry)).length; left > 0; left--) assert.ok(queue.next(blocked))
        assert.equal(queue.next(blocked), undefined)
        assert.deepEqual(drain(queue).length, entries.filter(blocked).length)
      })
    })

    test('a person who was blocked for long owes nothing and is owed one turn at most', () => {
      const queue = create(quantum)
      for (let n = 0; n < 50; n++) {
        queue.add({ id: `a${n}`, space: 's', person: 'a', cost: quantum, priority: 1 })
        queue.add({ id: `b${n}`, space: 's', person: 'b', cost: quantum, priority: 1 })
      }
      for (let n = 0; n < 20; n++) assert.equal(queue.next(({ person }) => person === 'a')?.person, 'b')
      const then = Array.from({ length: 10 }, () => queue.next()!.person)
      assert.ok(then.filter((person) => person === 'a').length <= 5 + 1, then.join(' '))
    })

    test('a queue that was saved as JSON and restored goes on as the first would have', () => {
      check(fc.tuple(stepsArbitrary, stepsArbitrary), ([first, then]) => {
        const queue = play(create(quantum), first)
        const copy = restore(JSON.parse(JSON.stringify(queue.save())) as SavedFairQueue)
        assert.deepEqual(ids(copy.order()), ids(queue.order()))
        const renamed = (prefix: string) => (id: string) => `${prefix}${id}`
        assert.deepEqual(drain(play(copy, then, {}, renamed('then'))), drain(play(queue, then, {}, renamed('then'))))
      })
    })

    test('a queue that is made anew from its record and from who waits, in the order in which they came, goes on as the first would have', () => {
      check(fc.tuple(stepsArbitrary, stepsArbitrary, fc.subarray(['p0', 'p1', 'p2', 'p3'])), ([first, then, barred]) => {
        const queue = create(quantum)
        const record = new Map<string, Deficit>()
        const waiting = new Map<string, QueueEntry>()
        for (const [n, step] of first.entries()) {
          if (step.act === 'add') {
            const entry = { ...step.entry, id: `j${n}` }
            queue.add(entry)
            waiting.set(entry.id, entry)
            continue
          }
          if (step.act === 'next') waiting.delete(queue.next(({ person }) => n % 2 === 1 && barred.includes(person))?.id ?? '')
          else {
            const id = [...waiting.keys()][step.which % waiting.size] ?? ''
            queue.cancel(id)
            waiting.delete(id)
          }
          keep(queue, record)
        }
        const copy = create(quantum)
        copy.recall([...record.values()])
        for (const entry of waiting.values()) copy.add(entry)
        assert.deepEqual(ids(copy.order()), ids(queue.order()))
        const renamed = (id: string) => `then${id}`
        assert.deepEqual(drain(play(copy, then, {}, renamed)), drain(play(queue, then, {}, renamed)))
        for (const emptied of [queue, copy]) {
          keep(emptied, record)
          assert.deepEqual([...record.keys()], record.size === 0 ? [] : [JSON.stringify(['', ''])], 'of people who have gone')
        }
      })
    })

    test('what was given out and not made stands before all others, and costs nothing more', () => {
      check(fc.tuple(stepsArbitrary, fc.integer({ min: 1, max: 5 })), ([steps, taken]) => {
        const queue = play(create(quantum), steps)
        const before = ids(queue.order())
        const out = Array.from({ length: Math.min(taken, queue.size) }, () => queue.next()!)
        for (const entry of out) queue.giveBack(entry)
        assert.deepEqual(ids(queue.order()), before)
        let costAhead = 0
        for (const [ahead, { id, cost }] of queue.order().entries()) {
          assert.deepEqual(queue.place(id), { ahead, costAhead })
          costAhead += cost
        }
        const copy = restore(JSON.parse(JSON.stringify(queue.save())) as SavedFairQueue)
        assert.deepEqual(drain(copy), before)
        const [gone] = out
        if (gone) assert.equal(queue.cancel(gone.id), true)
        assert.deepEqual(drain(queue), before.slice(gone ? 1 : 0))
      })
    })

    test('an id that is there already, a cost that is no positive integer and a priority below 1 are refused', () => {
      const queue = create(quantum)
      const entry = { id: 'a', space: 's', person: 'p', cost: 1, priority: 1 }
      queue.add(entry)
      assert.throws(() => queue.add(entry), /a is in the queue already/)
      assert.throws(() => queue.add({ ...entry, id: 'b', cost: 0.5 }), /positive integer, got 0.5/)
      assert.throws(() => queue.add({ ...entry, id: 'b', priority: 0 }), /at least 1, got 0/)
      assert.equal(queue.size, 1)
    })
  })
}

/** As a journal keeps what a queue tells it. */
function keep(queue: FairQueue, record: Map<string, Deficit>): void {
  for (const { group, member, state } of queue.takeChanges()) {
    const key = JSON.stringify([group, member])
    if (state) record.set(key, { group, member, ...state })
    else record.delete(key)
  }
}

function check<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, property), { numRuns: 300 })
}

function play(
  queue: FairQueue,
  steps: readonly Step[],
  { added, left }: { added?: (id: string) => void; left?: (id: string) => void } = {},
  rename: (id: string) => string = (id) => id,
): FairQueue {
  steps.forEach((step, n) => {
    if (step.act === 'add') {
      queue.add({ ...step.entry, id: rename(`j${n}`) })
      added?.(rename(`j${n}`))
    } else if (step.act === 'next') {
      const entry = queue.next()
      if (entry) left?.(entry.id)
    } else {
      const order = queue.order()
      const entry = order[step.which % order.length]
      if (!entry) return
      assert.equal(queue.cancel(entry.id), true)
      left?.(entry.id)
    }
  })
  return queue
}

function drain(queue: FairQueue): string[] {
  const drained: string[] = []
  for (let entry = queue.next(); entry; entry = queue.next()) drained.push(entry.id)
  return drained
}

function ids(order: readonly QueueEntry[]): string[] {
  return order.map(({ id }) => id)
}

function numberOf(id: string): number {
  return Number(id.replace(/\D+/, ''))
}
