// The styles there are, each with an example.

/** @import { StyleView } from '../page-json.ts' */
/** @import { View } from './main.js' */
/** @import { Server } from './server.js' */

import { quoted } from './completion.js'
import { el, fill } from './element.js'
import { icon } from './icons.js'
import { showEmpty } from './message.js'
import { createPicture } from './picture.js'
import { text } from './texts.js'

/** @param {object} options @param {Server} options.server @param {(words: string) => void} options.write puts words into the composer @returns {View} */
export function createStyles({ server, write }) {
  const list = el('ul', { class: 'gallery' })
  const element = el('section', { class: 'view wide' }, el('h1', {}, text('styles')), list)

  async function load() {
    const styles = await server.styles()
    if (styles.length === 0) showEmpty(list, text('styles-empty'))
    else fill(list, ...styles.map(cardOf))
  }

  /** @param {StyleView} style */
  function cardOf({ name, about, example, picture }) {
    const view = picture ? createPicture() : undefined
    if (view && picture) view.show({ url: picture, format: 'webp', width: 1, height: 1, alt: example })
    const go = () => write(`/animate ${quoted(example, true)} style:${quoted(name, false)}`)
    return el(
      'li',
      { class: 'card' },
      view ? view.element : el('div', { class: 'picture blank' }, icon('styles')),
      el('h2', {}, name),
      el('p', { class: 'quiet' }, about),
      el(
        'div',
        { class: 'buttons' },
        el('button', { class: 'button usual', type: 'button', onClick: go }, icon('brush'), text('try-style')),
      ),
    )
  }

  return { element, enter: () => void load().catch(() => {}), leave() {} }
}
