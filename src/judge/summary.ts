// The judgements of many loops in a few numbers.

import type { Judgement } from './judgement.ts'
import { median } from './measures.ts'

/** JSON. Shares are 0 to 1; null where nothing could be counted. */
export interface Summary {
  readonly count: number
  readonly subject: number
  readonly colour: number | null
  readonly place: number
  /** Everything that counts is right. */
  readonly all: number
  readonly steady: number
  readonly seam: Spread
  readonly jump: Spread
  readonly sharpness: Spread
  readonly liveliness: Spread
  readonly styled?: {
    readonly kept: number
    readonly arrived: number | null
    readonly colourOff: number | null
    readonly colourWay: number | null
  }
}

export interface Spread {
  readonly median: number
  /** Of a hundred, five are higher (seam, jump) or lower (the others). */
  readonly poor: number
}

/** Of one judgement at least. */
export function summarize(judgements: readonly Judgement[]): Summary {
  const numbers = (pick: (judgement: Judgement) => number | null | undefined): number[] =>
    judgements.map(pick).filter((value) => value !== null && value !== undefined)
  const mean = (pick: (judgement: Judgement) => number | null | undefined): number | null => {
    const values = numbers(pick)
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  }
  const spread = (pick: (judgement: Judgement) => number, poorShare: number): Spread => {
    const values = numbers(pick).toSorted((a, b) => a - b)
    return { median: median(values), poor: values[Math.round((values.length - 1) * poorShare)]! }
  }
  const isStyled = judgements.some(({ styled }) => styled)
  return {
    count: judgements.length,
    subject: mean(({ right }) => Number(right.subject))!,
    colour: mean(({ right }) => (right.colour === null ? null : Number(right.colour))),
    place: mean(({ right }) => Number(right.place))!,
    all: mean((judgement) => Number(faultsOf(judgement) === 0))!,
    steady: mean(({ steady }) => steady)!,
    seam: spread(({ seam }) => seam, 0.95),
    jump: spread(({ jump }) => jump, 0.95),
    sharpness: spread(({ sharpness }) => sharpness, 0.05),
    liveliness: spread(({ liveliness }) => liveliness, 0.05),
    ...(isStyled && {
      styled: {
        kept: mean(({ styled }) => Number(styled?.kept))!,
        arrived: mean(({ styled }) => (styled?.arrived === undefined ? null : Number(styled.arrived))),
        colourOff: mean(({ styled }) => styled?.colourOff),
        colourWay: mean(({ styled }) => styled?.colourWay),
      },
    }),
  }
}

/** How many of the words that count are wrong. */
export const faultsOf = ({ right }: Judgement): number => Object.values(right).filter((it) => it === false).length

/** The worst first: wrong words, then what does not close or leaps. */
export const worstFirst = (judgements: readonly Judgement[]): Judgement[] =>
  judgements.toSorted((a, b) => faultsOf(b) - faultsOf(a) || b.seam + b.jump - (a.seam + a.jump))
