import assert from 'node:assert/strict'
import { test } from 'node:test'
import Keyv from 'keyv'
import { builtInStyles } from '../../../src/styles/registry/built-in-styles.ts'
import { type HistoryRecord, openStyleHistory } from '../../../src/styles/registry/style-history.ts'
import { models } from '../test-styles.ts'

test('what one process appends another reads back, from the keys that every history has had', async () => {
  const space = new Keyv<HistoryRecord>()
  const writing = await openStyleHistory(space)
  const reading = await openStyleHistory(space)
  const entry = { ...builtInStyles(models)[0]!, id: 'made/here', defaults: { guidance: 3 } }
  const by = { person: 'discord/s1/ann', space: 'discord/s1', name: 'ann' }
  await writing.append({ atMs: 5, by, kind: 'added', id: entry.id, entry })
  await writing.append({ atMs: 6, by, kind: 'removed', id: entry.id })

  const { defaults: habits, ...rest } = entry
  assert.deepEqual(await space.get(['head', '1', '2']), [
    2,
    { number: 1, atMs: 5, by, deed: 'added', id: entry.id, entry: { ...rest, habits } },
    { number: 2, atMs: 6, by, deed: 'removed', id: entry.id },
  ])
  assert.deepEqual(await reading.catchUp(), writing.changes)
  assert.deepEqual((await openStyleHistory(space)).changes, writing.changes)
})
