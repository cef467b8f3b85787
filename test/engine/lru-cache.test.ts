import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLruCache } from '../../src/engine/lru-cache.ts'

/** Asks for keys one after the other; tells which were made. */
function asking<T>(kept: ReturnType<typeof createLruCache<T>>, make: (key: string) => T) {
  return (...keys: string[]): string[] => {
    const made: string[] = []
    for (const key of keys) {
      kept.get(key, () => {
        made.push(key)
        return make(key)
      })
    }
    return made
  }
}

test('what was made is given again, and what was used longest ago goes first', () => {
  const ask = asking(createLruCache<string>(2), (key) => key)
  assert.deepEqual(ask('a', 'b', 'a', 'c', 'a', 'b'), ['a', 'b', 'c', 'b'])
})

test('things that grow after they were made push others out, and the last one stays however large', () => {
  const kept = createLruCache<{ size: number }>(10, ({ size }) => size)
  const things = new Map<string, { size: number }>()
  const ask = asking(kept, (key) => {
    const thing = { size: 1 }
    things.set(key, thing)
    return thing
  })
  ask('a', 'b', 'c')
  things.get('c')!.size = 9
  assert.deepEqual(ask('c', 'b', 'a'), ['a'])
  things.get('a')!.size = 100
  assert.deepEqual(ask('a', 'a', 'b', 'a'), ['b', 'a'])
})

test('what is set is there, the older value gone; looking at a key makes nothing and is no use of it', () => {
  const kept = createLruCache<number>(2)
  kept.set('a', 1)
  kept.set('b', 2)
  kept.set('a', 3)
  assert.deepEqual([kept.peek('a'), kept.peek('b'), kept.peek('c')], [3, 2, undefined])
  kept.set('c', 4)
  assert.deepEqual([kept.peek('a'), kept.peek('b'), kept.peek('c')], [3, undefined, 4])
})

test('undefined is a thing like any other, one that was deleted is made again, and what fails is not kept', () => {
  const kept = createLruCache<undefined>(2)
  const ask = asking(kept, () => undefined)
  assert.deepEqual(ask('a', 'a'), ['a'])
  kept.delete('a')
  assert.deepEqual(ask('a'), ['a'])
  assert.throws(() =>
    kept.get('b', () => {
      throw new Error('no')
    }),
  )
  assert.deepEqual(ask('b'), ['b'])
})
