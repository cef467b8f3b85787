// A page of a report: a table, and sections of animations side by side. One HTML file with the pictures inside.

import { html } from 'hono/html'

export type Html = ReturnType<typeof html>

/** @param tables lines in columns */
export async function reportPage(title: string, table: readonly string[], sections: readonly Html[]): Promise<string> {
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
figure { margin: 0; width: 192px } img { width: 100%; image-rendering: pixelated } figcaption { color: #666; font-size: 12px }
strong { color: #b00 } p { margin: 0 0 .3rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } section { border-color: #444 } figcaption { color: #aaa } strong { color: #f66 } }
</style>
<h1>${title}</h1>
<pre>${table.join('\n')}</pre>
${sections}
</html>
`,
  )
}

/** @param picture a WebP */
export const animationFigure = (picture: Uint8Array, caption: string | Html): Html =>
  html`<figure><img alt="" loading="lazy" src="data:image/webp;base64,${Buffer.from(picture).toString('base64')}"><figcaption>${caption}</figcaption></figure>`
