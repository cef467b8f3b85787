import assert from 'node:assert/strict'
import { test } from 'node:test'
import { omitUndefined } from '../src/omit-undefined.ts'

interface Options {
  readonly name: string
  readonly size?: number
  readonly label?: string | null
}

test('undefined properties are gone, other empty values stay', () => {
  const options = omitUndefined({ a: undefined, b: null, c: 0, d: '', e: false, f: Number.NaN })
  assert.deepEqual(Object.keys(options), ['b', 'c', 'd', 'e', 'f'])
})

test('the object that was given stays as it was', () => {
  const given = { a: undefined, b: 1 }
  omitUndefined(given)
  assert.deepEqual(Object.keys(given), ['a', 'b'])
})

test('the result is typed: what may be undefined is optional and never undefined, the rest is required', () => {
  const size = [12, undefined].at(1)
  const label: string | null | undefined = [null, 'x', undefined].at(2)
  const options: Options = omitUndefined({ name: 'n', size, label })
  assert.deepEqual(options, { name: 'n' })
  const spread: Options = { name: 'm', ...omitUndefined({ size: [12].at(0) }) }
  assert.deepEqual(spread, { name: 'm', size: 12 })
  const result: { name: string; size?: number; given?: boolean } = omitUndefined({ name: 'n', size } as {
    name: string
    size: number | undefined
    given?: boolean
  })
  assert.deepEqual(result, { name: 'n' })
  // @ts-expect-error a required property is not made optional, nor an optional one required
  const wrong: { readonly name: string; readonly size: number } = omitUndefined({ name: 'n', size })
  assert.equal(wrong.size, undefined)
})
