// Judgements as lines of a terminal.

import type { Judgement } from './judgement.ts'
import type { Spread, Summary } from './summary.ts'

const columns = [5, 10, 7, 10, 5, 5, 5, 5, 0] as const

export const heading = (): string => line(['seed', 'subject', 'colour', 'place', 'seam', 'jump', 'sharp', 'lively', 'prompt'])

/** What is right is `ok`; what is not is said as it is shown. */
export function lineOf({ seed, prompt, right, shown, seam, jump, sharpness, liveliness }: Judgement): string {
  const word = (name: 'subject' | 'colour' | 'place'): string => (right[name] === null ? '—' : right[name] ? 'ok' : shown[name])
  return line([String(seed), word('subject'), word('colour'), word('place'), ...[seam, jump, sharpness, liveliness].map(decimals), prompt])
}

/** Name and value of each. */
export function summaryRows({ styled, ...summary }: Summary): [name: string, value: string][] {
  const rows: [string, string][] = [
    ['subject right', percent(summary.subject)],
    ['colour right', percent(summary.colour)],
    ['place right', percent(summary.place)],
    ['all of them right', percent(summary.all)],
    ['frames that show the loop’s subject', percent(summary.steady)],
    ['seam (last to first by the largest step)', spread(summary.seam, 'above')],
    ['jump (largest step by the median one)', spread(summary.jump, 'above')],
    ['sharpness by that of the truth', spread(summary.sharpness, 'below')],
    ['motion by that of the truth', spread(summary.liveliness, 'below')],
  ]
  if (!styled) return rows
  rows.push(['subject kept by the style', percent(styled.kept)], ['style recognized', percent(styled.arrived)])
  if (styled.colourOff !== null && styled.colourWay !== null) {
    rows.push(['mean colour off the formula, of 255', `${styled.colourOff.toFixed(1)} (without the style ${styled.colourWay.toFixed(1)})`])
  }
  return rows
}

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(columns[i]!))
    .join('  ')
    .trimEnd()

const spread = ({ median, poor }: Spread, side: 'above' | 'below'): string => `median ${decimals(median)}, 5 % ${side} ${decimals(poor)}`

const percent = (share: number | null): string => (share === null ? 'does not count' : `${(100 * share).toFixed(1)} %`)

const decimals = (value: number): string => value.toFixed(2)
