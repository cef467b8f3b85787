// Keyed serial queue: one after another for each key, side by side for different keys.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyedSerial } from '../src/keyed-serial.ts'

test('work of one key waits for what came before it, also where that failed; work of another does not', async () => {
  const inTurn = keyedSerial()
  const order: string[] = []
  const held = Promise.withResolvers<void>()
  const first = inTurn('a', async () => {
    await held.promise
    order.push('first of a')
    throw new Error('broken')
  })
  const second = inTurn('a', async () => order.push('second of a'))
  await inTurn('b', async () => order.push('first of b'))
  assert.deepEqual(order, ['first of b'])
  held.resolve()
  await assert.rejects(first, /broken/)
  await second
  assert.deepEqual(order, ['first of b', 'first of a', 'second of a'])
})
