// A page of everything that was judged, the worst first: one HTML file with the pictures inside.

import { html } from 'hono/html'
import type { Frames } from '../engine/index.ts'
import { encodeWebp } from '../media/webp/webp.ts'
import type { Judgement } from './judgement.ts'
import { styleName } from './report.ts'
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
  return String(
    await html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff }
pre { font: 13px/1.5 ui-monospace, monospace }
section { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1rem 0; border-top: 1px solid #ddd }
figure { margin: 0 } img { width: 192px; image-rendering: pixelated } figcaption { color: #666; font-size: 12px }
b { color: #b00 } p { margin: 0 0 .3rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } b { color: #f66 } section { border-color: #444 } }
</style>
<h1>${title}</h1>
<pre>${summary.join('\n')}</pre>
${rows}
</html>
`,
  )
}

const row = (judgement: Judgement, { drawn, truth, plain }: Pictures) => html`<section>
${figure(drawn, 'drawn')}${plain ? figure(plain, 'without the style') : ''}${figure(truth, 'one truth of it')}
<div>
<p>${judgement.prompt} <small>seed ${judgement.seed}</small></p>
${faultsOf(judgement) === 0 ? '' : html`<p><b>shows ${judgement.shown.colour} ${judgement.shown.subject}, ${judgement.shown.place}</b></p>`}
<p>seam ${judgement.seam.toFixed(2)}, jump ${judgement.jump.toFixed(2)}, sharpness ${judgement.sharpness.toFixed(2)},
liveliness ${judgement.liveliness.toFixed(2)}, steady ${Math.round(100 * judgement.steady)} %</p>
${judgement.styled ? html`<p>${styledWords(judgement.styled)}</p>` : ''}
</div>
</section>
`

const styledWords = ({ name, strength, kept, arrived, colour }: NonNullable<Judgement['styled']>): string =>
  [
    styleName({ name, strength }),
    kept ? 'subject kept' : 'subject lost',
    ...(arrived === undefined ? [] : [arrived ? 'look recognized' : 'look not recognized']),
    ...(colour === undefined ? [] : [`colour off the formula by ${colour.off.toFixed(3)} of ${colour.way.toFixed(3)}`]),
  ].join(', ')

const figure = (picture: Uint8Array, caption: string) =>
  html`<figure><img alt="" loading="lazy" src="data:image/webp;base64,${Buffer.from(picture).toString('base64')}"><figcaption>${caption}</figcaption></figure>`
