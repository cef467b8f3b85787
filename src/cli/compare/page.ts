// A page of a comparison: the table, and for each prompt what every variant drew, side by side. One HTML file with the pictures inside.

import { html } from 'hono/html'
import type { Figures } from './figures.ts'
import { figureNames } from './figures.ts'

export interface ComparedClip {
  readonly prompt: string
  readonly variant: string
  readonly figures: Figures
  /** A WebP. */
  readonly picture: Uint8Array
}

/** @param table lines in columns */
export async function comparisonPage(title: string, table: readonly string[], clips: readonly ComparedClip[]): Promise<string> {
  const prompts = [...Map.groupBy(clips, ({ prompt }) => prompt)]
  return String(
    await html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff }
pre { font: 13px/1.5 ui-monospace, monospace; overflow-x: auto }
section { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1rem 0; border-top: 1px solid #ddd } h2 { font-size: 1rem; width: 100%; margin: 0 }
figure { margin: 0; width: 16rem } img { width: 100%; image-rendering: pixelated } figcaption { font-size: 12px; color: #666 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } section { border-color: #444 } figcaption { color: #aaa } }
</style>
<h1>${title}</h1>
<pre>${table.join('\n')}</pre>
${prompts.map(
  ([prompt, drawn]) => html`<section><h2>${prompt}</h2>${drawn.map(figure)}</section>
`,
)}
</html>
`,
  )
}

const figure = ({ variant, figures, picture }: ComparedClip) =>
  html`<figure><img alt="" loading="lazy" src="data:image/webp;base64,${Buffer.from(picture).toString('base64')}">
<figcaption><b>${variant}</b><br>${figureNames.flatMap((name) => (figures[name] === undefined ? [] : [`${name} ${figures[name].toPrecision(3)}`])).join(', ')}</figcaption></figure>`
