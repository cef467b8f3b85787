// The first visit: animations that move, each drawn anew by one click.

import { el } from '../element.js'
import { whileBusy } from '../message/message.js'
import { still } from '../message/picture.js'
import { isCalm } from '../preferences.js'
import { text } from '../texts.js'
import { samples } from './sample-prompts.js'

/** @param {(saying: object) => Promise<void>} say */
export function createSamples(say) {
  const cards = samples.map(({ name, prompt, style }) => {
    const image = el('img', { src: `/page/samples/${name}.webp`, alt: '', width: 128, height: 128 })
    const button = el(
      'button',
      { class: 'sample', type: 'button' },
      el('span', { class: 'sample-picture' }, image),
      el('span', {}, prompt, style && el('span', { class: 'quiet' }, ` · ${style}`)),
    )
    if (isCalm()) image.addEventListener('load', () => image.replaceWith(still(image)), { once: true })
    const options = [['prompt', prompt], ...(style ? [['style', style]] : [])]
    button.addEventListener('click', () => whileBusy(button, () => say({ kind: 'command', command: 'animate', options })))
    return el('li', {}, button)
  })
  return el(
    'div',
    { class: 'empty', hidden: true },
    el('h2', { class: 'empty-title' }, text('empty-title')),
    el('p', {}, text('empty-text')),
    el('ul', { class: 'samples' }, ...cards),
  )
}
