// A page of everything that was judged, the worst first.

import { html } from 'hono/html'
import type { Frames } from '../engine/index.ts'
import { encodeWebp } from '../media/webp/webp.ts'
import type { Judgement } from './judgement.ts'
import { styleName } from './report.ts'
import { animationFigure, reportPage } from './report-page.ts'
import { faultsOf, worstFirst } from './summary.ts'

/** Animations, as WebP. */
export interface Pictures {
  readonly drawn: Uint8Array
  readonly truth: Uint8Array
  /** Without the style. */
  readonly plain?: Uint8Array
}

/** A browser shows no more animations smoothly. */
const mostRows = 120

export async function picturesOf(frames: { readonly drawn: Frames; readonly truth: Frames; readonly plain?: Frames }): Promise<Pictures> {
  const encode = (it: Frames): Promise<Uint8Array> => encodeWebp(it, { fps: 10, quality: 85 })
  const { drawn, truth, plain } = frames
  return { drawn: await encode(drawn), truth: await encode(truth), ...(plain && { plain: await encode(plain) }) }
}

export async function pageOf(
  title: string,
  summary: readonly string[],
  judged: readonly { readonly judgement: Judgement; readonly pictures: Pictures }[],
): Promise<string> {
  const pictures = new Map(judged.map((it) => [it.judgement, it.pictures]))
  const worst = worstFirst(judged.map(({ judgement }) => judgement)).slice(0, mostRows)
  const rows = worst.map((judgement) => row(judgement, pictures.get(judgement)!))
  return reportPage(title, summary, rows)
}

const row = (judgement: Judgement, { drawn, truth, plain }: Pictures) => html`<section>
${animationFigure(drawn, 'drawn')}${plain ? animationFigure(plain, 'without the style') : ''}${animationFigure(truth, 'one truth of it')}
<div>
<p>${judgement.prompt} <small>seed ${judgement.seed}</small></p>
${faultsOf(judgement) === 0 ? '' : html`<p><strong>shows ${judgement.shown.colour} ${judgement.shown.subject}, ${judgement.shown.place}</strong></p>`}
<p>seam ${judgement.seam.toFixed(2)}, jump ${judgement.jump.toFixed(2)}, sharpness ${judgement.sharpness.toFixed(2)},
liveliness ${judgement.liveliness.toFixed(2)}, steady ${Math.round(100 * judgement.steady)} %</p>
${judgement.styled ? html`<p>${styledWords(judgement.styled)}</p>` : ''}
</div>
</section>
`

const styledWords = ({ name, strength, kept, arrived, colour, moved }: NonNullable<Judgement['styled']>): string =>
  [
    styleName({ name, strength }),
    kept ? 'subject kept' : 'subject lost',
    ...(arrived === undefined ? [] : [arrived ? 'look recognized' : 'look not recognized']),
    ...(colour === undefined ? [] : [`colour off the formula by ${colour.off.toFixed(3)} of ${colour.way.toFixed(3)}`]),
    ...(moved === undefined ? [] : [`moved ${moved.toFixed(2)} of the camera’s way`]),
  ].join(', ')
