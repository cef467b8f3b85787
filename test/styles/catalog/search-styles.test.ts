import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchStyles } from '../../../src/styles/catalog/search-styles.ts'

test('search gives the best match first: the name, its beginning, a word, a part, letters in order, the description', () => {
  const of = (name: string, about = '', aliases: string[] = []) => ({ name, about, aliases })
  const styles = [
    of('old anime'),
    of('animex'),
    of('panimo'),
    of('anime'),
    of('sepia', 'as in anime films'),
    of('toon', '', ['anime']),
    of('aXnYiZm'),
    of('other'),
  ]
  assert.deepEqual(
    searchStyles(styles, 'anim', 10).map(({ name }) => name),
    ['anime', 'animex', 'toon', 'old anime', 'panimo', 'aXnYiZm', 'sepia'],
  )
  assert.equal(searchStyles(styles, 'anime', 10)[0]!.name, 'anime')
  assert.equal(searchStyles(styles, '', 3).length, 3)
  const many = Array.from({ length: 1000 }, (_, i) => of(`style ${i}`))
  assert.deepEqual(
    searchStyles(many, 'style 777', 25).map(({ name }) => name),
    ['style 777'],
  )
})
