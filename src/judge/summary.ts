// The judgements of many loops in a few numbers.

import type { Judgement, Styled, StyledColour } from './judgement.ts'
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
  readonly seam: LimitedSpread
  readonly jump: LimitedSpread
  readonly sharpness: Spread
  readonly liveliness: Spread
  readonly styled?: StyledSummary
}

/** Of loops with a style; colours are means. */
export interface StyledSummary {
  readonly kept: number
  readonly arrived: number | null
  readonly colour: StyledColour | null
  /** The median. */
  readonly moved: number | null
}

export interface Spread {
  readonly median: number
  /** Of a hundred, five are higher (seam, jump) or lower (the others). */
  readonly poor: number
}

export interface LimitedSpread extends Spread {
  /** The share that is no more than the limit. */
  readonly within: number
}

/** Above these one sees where a loop begins, and that something leaps. Of the drawn truth one in a hundred does. */
export const limits = { seam: 1.1, jump: 2.5 } as const

/** Of one judgement at least. */
export function summarize(judgements: readonly Judgement[]): Summary {
  const numbers = (pick: (judgement: Judgement) => number): number[] => judgements.map(pick)
  const spread = (pick: (judgement: Judgement) => number, poorShare: number): Spread => {
    const values = numbers(pick).toSorted((a, b) => a - b)
    return { median: median(values), poor: values[Math.round((values.length - 1) * poorShare)]! }
  }
  const limited = (name: keyof typeof limits): LimitedSpread => ({
    ...spread((judgement) => judgement[name], 0.95),
    within: mean(numbers((judgement) => Number(judgement[name] <= limits[name])))!,
  })
  const styled = judgements.flatMap((judgement) => judgement.styled ?? [])
  return {
    count: judgements.length,
    subject: mean(numbers(({ right }) => Number(right.subject)))!,
    colour: mean(judgements.flatMap(({ right }) => (right.colour === null ? [] : Number(right.colour)))),
    place: mean(numbers(({ right }) => Number(right.place)))!,
    all: mean(numbers((judgement) => Number(faultsOf(judgement) === 0)))!,
    steady: mean(numbers(({ steady }) => steady))!,
    seam: limited('seam'),
    jump: limited('jump'),
    sharpness: spread(({ sharpness }) => sharpness, 0.05),
    liveliness: spread(({ liveliness }) => liveliness, 0.05),
    ...(styled.length > 0 && { styled: summarizeStyled(styled) }),
  }
}

function summarizeStyled(styled: readonly Styled[]): StyledSummary {
  const colours = styled.flatMap(({ colour }) => colour ?? [])
  const moved = styled.flatMap(({ moved }) => moved ?? [])
  const meanOf = (name: keyof StyledColour): number => mean(colours.map((colour) => colour[name]))!
  return {
    kept: mean(styled.map(({ kept }) => Number(kept)))!,
    arrived: mean(styled.flatMap(({ arrived }) => (arrived === undefined ? [] : Number(arrived)))),
    colour: colours.length === 0 ? null : { off: meanOf('off'), offTruth: meanOf('offTruth'), way: meanOf('way') },
    moved: moved.length === 0 ? null : median(moved),
  }
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** How many of the words that count are wrong. */
export const faultsOf = ({ right }: Judgement): number => Object.values(right).filter((it) => it === false).length

/** The worst first: wrong words, then what does not close or leaps. */
export const worstFirst = (judgements: readonly Judgement[]): Judgement[] =>
  judgements.toSorted((a, b) => faultsOf(b) - faultsOf(a) || b.seam + b.jump - (a.seam + a.jump))
