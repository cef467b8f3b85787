import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Judgement } from '../../src/judge/judgement.ts'
import { heading, lineOf, styleRows, summaryRows } from '../../src/judge/report.ts'
import { summarize, worstFirst } from '../../src/judge/summary.ts'

const good: Judgement = {
  seed: 1,
  prompt: 'a red ball in a meadow',
  asked: { subject: 'ball', colour: 'red', place: 'meadow' },
  shown: { subject: 'ball', colour: 'red', place: 'meadow', look: 'plain' },
  right: { subject: true, colour: true, place: true },
  steady: 1,
  seam: 0.9,
  jump: 1.2,
  motion: 3,
  sharpness: 0.95,
  liveliness: 1.1,
}
const wrong: Judgement = {
  ...good,
  seed: 2,
  shown: { ...good.shown, subject: 'heart', colour: 'pink' },
  right: { subject: false, colour: false, place: true },
  steady: 0.5,
}
const leaping: Judgement = { ...good, seed: 3, jump: 4 }

test('shares are of those that count', () => {
  const { count, subject, colour, place, all, steady } = summarize([
    good,
    wrong,
    leaping,
    { ...wrong, right: { ...wrong.right, colour: null } },
  ])
  assert.deepEqual(
    { count, subject, colour, place, all, steady },
    { count: 4, subject: 0.5, colour: 2 / 3, place: 1, all: 0.5, steady: 0.75 },
  )
})

test('where no colour counts, there is no share', () => {
  assert.equal(summarize([{ ...good, right: { ...good.right, colour: null } }]).colour, null)
})

test('the poor end is the high one of what should be low, and the low one of what should be high', () => {
  const many = Array.from({ length: 101 }, (_, i) => ({ ...good, jump: i, sharpness: i }))
  const { jump, sharpness } = summarize(many)
  assert.deepEqual(
    [jump, sharpness],
    [
      { median: 50, poor: 95, within: 3 / 101 },
      { median: 50, poor: 5 },
    ],
  )
})

test('the worst comes first: wrong words, then leaps', () => {
  assert.deepEqual(
    worstFirst([good, leaping, wrong]).map(({ seed }) => seed),
    [2, 3, 1],
  )
})

test('a line says what is shown where it is wrong', () => {
  const [head, line] = [heading(), lineOf(wrong)].map((text) => text.split(/ {2,}/))
  assert.deepEqual(line, ['2', 'heart', 'pink', 'ok', '0.90', '1.20', '0.95', '1.10', '—', 'a red ball in a meadow'])
  assert.equal(head?.length, line?.length)
})

test('what is more than its limit is not within it', () => {
  const { seam, jump } = summarize([good, leaping, { ...good, seam: 1.2 }, { ...good, seam: 1.1, jump: 2.5 }])
  assert.deepEqual([seam.within, jump.within], [0.75, 0.75])
})

test('a figure stands beside what is wanted, and says where it falls short', () => {
  const rows = new Map(summaryRows(summarize([good, wrong, leaping, { ...good, sharpness: 0.95 }])).map(([name, ...rest]) => [name, rest]))
  assert.deepEqual(rows.get('subject right'), ['75.0 %', 'at least 95.0 % MISSED'])
  assert.deepEqual(rows.get('place right'), ['100.0 %', 'at least 97.0 %'])
  assert.deepEqual(rows.get('jump (largest step by the median one) ≤ 2.5')?.[1], 'at least 95.0 % MISSED')
  assert.deepEqual(rows.get('sharpness by that of the truth')?.[1], '0.85 to 1.15')
})

test('a style is summed up too: kept, recognized, and how far its colour is off', () => {
  const colour = { off: 0.02, offTruth: 0.05, way: 0.15 }
  const styled = { name: 'anime', strength: 0.6, kept: true, arrived: true, colour }
  const summary = summarize([
    { ...good, styled },
    { ...good, styled: { ...styled, kept: false, colour: { ...colour, off: 0.04, offTruth: 0.09 } } },
  ])
  assert.equal(summary.styled?.kept, 0.5)
  const [head, row] = styleRows([{ name: 'anime', strength: 0.6, summary }]) as [string[], string[]]
  const cell = (name: string): string | undefined => row[head.findIndex((one) => one.startsWith(name))]
  assert.deepEqual(['style', 'subject', 'kept', 'look', 'off formula', 'off truth’s', 'without it'].map(cell), [
    'anime 0.6',
    '100.0 %',
    '50.0 %',
    '100.0 %',
    '0.030',
    '0.070 MISSED',
    '0.150',
  ])
})

test('of a style that is a camera, no colour is told but how far it moved', () => {
  const summary = summarize([{ ...good, styled: { name: 'zoom-in', strength: 1, kept: true, moved: 0.75 } }])
  assert.deepEqual(summary.styled, { kept: 1, arrived: null, colour: null, moved: 0.75 })
  const [head, row] = styleRows([{ name: 'zoom-in', strength: 1, summary }]) as [string[], string[]]
  assert.equal(row.filter((cell) => cell === '—').length, 4)
  assert.equal(row[head.indexOf('camera')], '0.75')
})
