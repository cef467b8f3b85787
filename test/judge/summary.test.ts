import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Judgement } from '../../src/judge/judgement.ts'
import { heading, lineOf, summaryRows } from '../../src/judge/report.ts'
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
      { median: 50, poor: 95 },
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
  assert.deepEqual(line, ['2', 'heart', 'pink', 'ok', '0.90', '1.20', '0.95', '1.10', 'a red ball in a meadow'])
  assert.equal(head?.length, line?.length)
})

test('a style is summed up too: kept, recognized, and how far its colour is off', () => {
  const styled = { kept: true, arrived: true, colourOff: 4, colourWay: 40 }
  const rows = new Map(
    summaryRows(
      summarize([
        { ...good, styled },
        { ...good, styled: { ...styled, kept: false, colourOff: 8 } },
      ]),
    ),
  )
  assert.equal(rows.get('subject kept by the style'), '50.0 %')
  assert.equal(rows.get('style recognized'), '100.0 %')
  assert.equal(rows.get('mean colour off the formula, of 255'), '6.0 (without the style 40.0)')
})
