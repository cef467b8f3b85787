// A page of a comparison: the tables, and for each prompt what every variant drew, side by side.

import { html } from 'hono/html'
import { animationFigure, type Html, reportPage } from '../../judge/report-page.ts'
import { type Figures, figureNames, shownFigure } from './figures.ts'

export interface ComparedClip {
  readonly prompt: string
  readonly variant: string
  readonly figures: Figures
  /** A WebP. */
  readonly picture: Uint8Array
}

/** @param table lines in columns */
export function comparisonPage(title: string, table: readonly string[], clips: readonly ComparedClip[]): Promise<string> {
  const prompts = [...Map.groupBy(clips, ({ prompt }) => prompt)]
  const sections = prompts.map(
    ([prompt, drawn]) => html`<section><h2>${prompt}</h2>${drawn.map(figure)}</section>
`,
  )
  return reportPage(title, table, sections)
}

const figure = ({ variant, figures, picture }: ComparedClip): Html => {
  const told = figureNames.flatMap((name) => (figures[name] === undefined ? [] : [`${name} ${shownFigure(name, figures[name])}`]))
  return animationFigure(picture, html`<b>${variant}</b><br>${told.join(', ')}`)
}
