// Judgements as lines of a terminal, each figure beside what is wanted of the small model.

import type { Accuracy } from './accuracy.ts'
import type { Judgement } from './judgement.ts'
import { type LimitedSpread, limits, type Spread, type Summary } from './summary.ts'

const columns = [5, 10, 7, 10, 5, 5, 5, 6, 11, 0] as const

export const heading = (): string => line(['seed', 'subject', 'colour', 'place', 'seam', 'jump', 'sharp', 'lively', 'style', 'prompt'])

/** What is right is `ok`; what is not is said as it is shown. */
export function lineOf({ seed, prompt, right, shown, seam, jump, sharpness, liveliness, styled }: Judgement): string {
  const word = (name: 'subject' | 'colour' | 'place'): string => (right[name] === null ? '—' : right[name] ? 'ok' : shown[name])
  const words = [word('subject'), word('colour'), word('place')]
  return line([String(seed), ...words, ...[seam, jump, sharpness, liveliness].map(decimals), styled ? styleName(styled) : '—', prompt])
}

/** What is wanted of 200 prompts. */
export const wanted = {
  plain: { subject: 0.95, colour: 0.95, place: 0.97, within: 0.95, sharpness: 0.15 },
  style: { subject: 0.9, colourOff: 0.06 },
} as const

/** Name, value and, where something is wanted, what. */
export type Row = readonly [name: string, value: string, wanted: string]

/** Of loops without a style. */
export const summaryRows = (summary: Summary): Row[] => [
  ['subject right', percent(summary.subject), atLeast(summary.subject, wanted.plain.subject)],
  ['colour right', percent(summary.colour), atLeast(summary.colour, wanted.plain.colour)],
  ['place right', percent(summary.place), atLeast(summary.place, wanted.plain.place)],
  ['all of them right', percent(summary.all), ''],
  ['frames that show the loop’s subject', percent(summary.steady), ''],
  [`seam (last to first by the largest step) ≤ ${limits.seam}`, ...limited(summary.seam)],
  [`jump (largest step by the median one) ≤ ${limits.jump}`, ...limited(summary.jump)],
  ['sharpness by that of the truth', spread(summary.sharpness, 'below'), near(summary.sharpness.median)],
  ['motion by that of the truth', spread(summary.liveliness, 'below'), ''],
]

/** A heading, and a row for each style at each strength. */
export function styleRows(styles: readonly { readonly name: string; readonly strength: number; readonly summary: Summary }[]): string[][] {
  const { subject, colourOff } = wanted.style
  const rows = styles.map(({ name, strength, summary }) => {
    const { kept, arrived, colour, moved } = summary.styled!
    return [
      styleName({ name, strength }),
      percent(summary.subject) + missed(summary.subject >= subject),
      percent(kept),
      percent(summary.colour),
      percent(summary.place),
      percent(arrived),
      colour === null ? '—' : thousandths(colour.off),
      colour === null ? '—' : thousandths(colour.offTruth) + missed(colour.offTruth <= colourOff),
      colour === null ? '—' : thousandths(colour.way),
      moved === null ? '—' : decimals(moved),
      percent(summary.seam.within),
      percent(summary.jump.within),
      decimals(summary.sharpness.median),
    ]
  })
  const formula = ['off formula', `off truth’s ≤ ${colourOff}`, 'without it']
  const head = ['style', `subject ≥ ${percent(subject)}`, 'kept', 'colour', 'place', 'look', ...formula, 'camera', 'seam', 'jump', 'sharp']
  return [head, ...rows]
}

/** How far the classifier itself can be trusted, by look. */
export const accuracyRows = (accuracies: ReadonlyMap<string, Accuracy>, colourless: ReadonlySet<string>): string[][] => [
  ['classifier on drawings it never saw', 'subject', 'colour', 'place', 'look'],
  ...Array.from(accuracies, ([look, { subject, colour, place, look: seen }]) => [
    look,
    percent(subject),
    percent(colourless.has(look) ? null : colour),
    percent(place),
    percent(seen),
  ]),
]

export const styleName = ({ name, strength }: { readonly name: string; readonly strength: number }): string => `${name} ${strength}`

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(columns[i]!))
    .join('  ')
    .trimEnd()

const spread = ({ median, poor }: Spread, side: 'above' | 'below'): string => `median ${decimals(median)}, 5 % ${side} ${decimals(poor)}`

const limited = (figures: LimitedSpread): [value: string, wanted: string] => [
  `${percent(figures.within)} (${spread(figures, 'above')})`,
  atLeast(figures.within, wanted.plain.within),
]

const atLeast = (got: number | null, least: number): string => `at least ${percent(least)}${missed(got === null || got >= least)}`

function near(ratio: number): string {
  const { sharpness: room } = wanted.plain
  return `${decimals(1 - room)} to ${decimals(1 + room)}${missed(Math.abs(ratio - 1) <= room)}`
}

const missed = (met: boolean): string => (met ? '' : ' MISSED')

const percent = (share: number | null): string => (share === null ? '—' : `${(100 * share).toFixed(1)} %`)

const decimals = (value: number): string => value.toFixed(2)

const thousandths = (value: number): string => value.toFixed(3)
