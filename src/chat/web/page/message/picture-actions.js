// What anybody can do with an animation that is there: download it, copy its words, see it large with all its settings.

/** @import { Fact } from '../../../contract/outgoing.ts' */
/** @import { ShownPicture } from '../../page-json.ts' */

import { announce, el } from '../element.js'
import { icon } from '../icons.js'
import { text } from '../texts.js'
import { createToolbar } from '../toolbar.js'
import { factsOf } from './facts.js'
import { createPicture } from './picture.js'

/** @param {ShownPicture} picture */
export function downloadLink({ url, format }) {
  const name = `zoetrope-${url.split('/').at(-1)?.split('.')[0]?.slice(0, 13)}.${format}`
  const label = text('download')
  return el('a', { class: 'button usual sign', href: url, download: name, 'aria-label': label, title: label }, icon('download'))
}

/** @param {string} words */
export function copyButton(words) {
  const label = text('copy')
  const button = el('button', { class: 'button usual sign', type: 'button', 'aria-label': label, title: label }, icon('copy'))
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(words).then(
      () => true,
      () => false,
    )
    const said = text(done ? 'copied' : 'not-copied')
    button.title = said
    button.classList.toggle('done', done)
    announce(said)
  })
  return button
}

/**
 * @param {object} shown
 * @param {ShownPicture} shown.picture
 * @param {string} shown.words
 * @param {readonly Fact[]} shown.facts
 * @param {readonly HTMLElement[]} controls before those that every animation has
 */
export function openLarge({ picture, words, facts }, controls) {
  const view = createPicture()
  view.show(picture)
  const close = el('button', { class: 'button usual', type: 'button', onClick: () => dialog.close() }, text('close'))
  const dialog = el(
    'dialog',
    { class: 'dialog large', 'aria-labelledby': 'large-title' },
    view.element,
    el(
      'div',
      { class: 'message-words' },
      el('h2', { id: 'large-title', class: 'message-quote' }, words),
      factsOf(facts),
      createToolbar(text('actions'), [...controls, downloadLink(picture), copyButton(words), close]),
    ),
  )
  const before = document.activeElement
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (before instanceof HTMLElement) before.focus()
  })
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}
