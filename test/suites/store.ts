// The suite of every key-value back end of the store.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../src/store/store.ts'

/** @param open gives a store over the same records each time */
export function testStore(name: string, open: () => Promise<Store>): void {
  const using = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open()
    try {
      await use(store)
    } finally {
      await store.close()
    }
  }

  describe(name, () => {
    test('what was set is there after closing and opening again, and gone once deleted', async () => {
      const value = { words: ['a "cat"', 'Ünïcode 猫', ''], nested: { n: -1.5, none: null }, yes: true }
      await using(async (store) => {
        assert.equal(await store.space('again').get('k'), undefined)
        await store.space('again').set('k', value)
      })
      await using(async (store) => {
        const space = store.space('again')
        assert.deepEqual(await space.get('k'), value)
        assert.equal(await space.has('k'), true)
        assert.equal(await space.delete('k'), true)
        assert.equal(await space.delete('k'), false)
        assert.equal(await space.get('k'), undefined)
      })
      await using(async (store) => assert.equal(await store.space('again').has('k'), false))
    })

    test('the same key in two spaces is two values, and clearing one space leaves the other', async () => {
      await using(async (store) => {
        const [one, two] = [store.space<number>('one'), store.space<number>('one-two')]
        await one.set('k', 1)
        await two.set('k', 2)
        assert.deepEqual({ one: await one.get('k'), two: await two.get('k') }, { one: 1, two: 2 })
        await one.clear()
        assert.deepEqual({ one: await one.get('k'), two: await two.get('k') }, { one: undefined, two: 2 })
      })
    })

    test('keys may look like anything, also like keys of a space', async () => {
      await using(async (store) => {
        const space = store.space<string>('odd')
        const keys = ['odd:k', 'odd::k', 'k', 'zoetrope-odd::k', 'discord/12/34', '%_*?[a]', "'; DROP TABLE entries; --", '猫', ' ']
        for (const key of keys) await space.set(key, `of ${key}`)
        for (const key of keys) assert.equal(await space.get(key), `of ${key}`)
        await space.delete('odd:k')
        assert.equal(await space.get('k'), 'of k')
      })
    })

    test('many can be set, asked for and deleted at once', async () => {
      await using(async (store) => {
        const space = store.space<number>('many')
        await space.setMany([1, 2, 3].map((n) => ({ key: `k${n}`, value: n })))
        assert.deepEqual(await space.get(['k1', 'nothing', 'k3']), [1, undefined, 3])
        await space.delete(['k1', 'k2'])
        assert.deepEqual(await space.get(['k1', 'k2', 'k3']), [undefined, undefined, 3])
      })
    })

    test('every entry of a space is found by going through it, each once, also while others are deleted', async () => {
      await using(async (store) => {
        const space = store.space<number>('walked')
        await store.space('walked-by').set('k1', -1)
        await space.setMany(Array.from({ length: 450 }, (_, n) => ({ key: `k${n}`, value: n })))
        const found = new Map<string, number>()
        for await (const [key, value] of space.iterator!(undefined)) {
          assert.equal(found.has(key), false)
          found.set(key, value)
          await space.delete(key)
        }
        assert.deepEqual(
          [...found.values()].sort((a, b) => a - b),
          Array.from({ length: 450 }, (_, n) => n),
        )
        for (const [key, value] of found) assert.equal(key, `k${value}`)
      })
    })

    test('a value with a time to live is gone after it; what replaces it without one stays', async () => {
      await using(async (store) => {
        const space = store.space<string>('brief')
        await space.set('k', 'brief', 30)
        await space.set('replaced', 'brief', 30)
        await space.set('long', 'long', 60_000)
        await space.set('replaced', 'for good')
        await new Promise((resolve) => setTimeout(resolve, 60))
        assert.equal(await space.get('k'), undefined)
        assert.equal(await space.has('k'), false)
        assert.equal(await space.get('replaced'), 'for good')
        assert.equal(await space.get('long'), 'long')
        await space.set('another', 'brief', 1000)
        const keys: string[] = []
        for await (const [key] of space.iterator!(undefined)) keys.push(key)
        assert.deepEqual(keys.sort(), ['another', 'long', 'replaced'])
      })
    })

    test('asking for a space twice gives the same one; a name that is none is a mistake of ours', async () => {
      await using(async (store) => {
        assert.equal(store.space('same'), store.space('same'))
        for (const wrong of ['', 'A', 'a b', 'a:b', '*']) assert.throws(() => store.space(wrong), /a space is named with/)
      })
    })
  })
}
