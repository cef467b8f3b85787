import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCsv } from '../../src/trainer/csv.ts'

test('quotes hold commas, line ends and quotes, as RFC 4180 has them', () => {
  assert.deepEqual(parseCsv('file,caption\r\na.mp4,"a ""red"" ball, bouncing\non grass"\r\nb.mp4,plain\r\n'), [
    { file: 'a.mp4', caption: 'a "red" ball, bouncing\non grass' },
    { file: 'b.mp4', caption: 'plain' },
  ])
})

test('a last line without an end, empty fields and a byte order mark are read', () => {
  assert.deepEqual(parseCsv('\uFEFFa,b,c\n1,,3\n,,'), [
    { a: '1', b: '', c: '3' },
    { a: '', b: '', c: '' },
  ])
})

test('a line that is empty is none', () => {
  assert.deepEqual(parseCsv('a,b\n\n1,2\n'), [{ a: '1', b: '2' }])
})
