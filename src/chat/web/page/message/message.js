// One message. Parts that did not change keep their elements: a button under the finger stays where it is while progress goes on.

/** @import { Button } from '../../../contract/outgoing.ts' */
/** @import { AnswerBody, ShownItem, ShownMessage } from '../../page-json.ts' */

import { Refused } from '../api-client.js'
import { el, fill } from '../element.js'
import { icon, iconOf } from '../icons.js'
import { text } from '../texts.js'
import { createToolbar } from '../toolbar.js'
import { factsOf } from './facts.js'
import { createPicture } from './picture.js'
import { copyButton, downloadLink } from './picture-actions.js'

/**
 * What can be done with a message.
 * @typedef {object} MessageActions
 * @property {(command: string) => Promise<void>} press
 */

/**
 * @typedef {object} MessageView
 * @property {HTMLElement} element
 * @property {(message: ShownMessage) => void} show
 */

/** @param {MessageActions} actions @returns {MessageView} */
export function createMessage(actions) {
  const element = el('article', { class: 'message' })
  const words = el('div', { class: 'message-words' })
  const part = createParts(words)
  const picture = createPicture()
  const bar = createBar()
  element.append(el('div', { class: 'message-inside' }, words))

  return {
    element,
    show({ body, own, by }) {
      if (!body || body.kind === 'form') return
      element.classList.toggle('said', body.kind === 'said')
      if (body.kind === 'said') {
        part('text', body.text, () => el('p', { class: 'message-text' }, body.text))
        return
      }
      const { tone, audience, quote, facts, progress, items, file, buttons } = body
      element.dataset['tone'] = tone
      part('head', [audience, own, by], () => headOf(audience, own, by))
      part('quote', quote, () => el('blockquote', { class: 'message-quote' }, quote))
      part('text', body.text, () => el('p', { class: 'message-text' }, body.text))
      if (body.picture) {
        if (!picture.element.isConnected) words.before(picture.element)
        picture.show(body.picture, tone === 'running' || tone === 'waiting')
      } else picture.element.remove()
      part('progress', progress && 'progress', () => bar.element)
      if (progress) bar.show(progress)
      part('facts', facts, () => factsOf(facts ?? []))
      part('items', items, () => el('ul', { class: 'items' }, ...(items ?? []).map((item) => itemOf(item, actions))))
      part('file', file, () => file && fileOf(file))
      const done = tone === 'done' ? body.picture : undefined
      part('buttons', buttons && [buttons, done?.url], () =>
        buttonsOf(buttons ?? [], actions, done && [downloadLink(done), copyButton(quote ?? '')]),
      )
    },
  }
}

/** Parts in a fixed order, each made anew only where what it shows has changed. @param {HTMLElement} parent */
function createParts(parent) {
  const order = ['head', 'quote', 'text', 'progress', 'facts', 'items', 'file', 'buttons']
  /** @type {Map<string, { value: string, element: HTMLElement }>} */
  const parts = new Map()
  /** @param {string} name @param {unknown} value undefined, '' or []: nothing is shown @param {() => HTMLElement | undefined} make */
  return (name, value, make) => {
    const before = parts.get(name)
    const json = JSON.stringify(value)
    if (before?.value === json) return
    before?.element.remove()
    parts.delete(name)
    const element = value === undefined || value === '' || json === '[]' ? undefined : make()
    if (!element) return
    parts.set(name, { value: json, element })
    const next = order.slice(order.indexOf(name) + 1).find((later) => parts.has(later))
    parent.insertBefore(element, next ? (parts.get(next)?.element ?? null) : null)
  }
}

/** @param {AnswerBody['audience']} audience @param {boolean} own @param {string | undefined} by */
function headOf(audience, own, by) {
  if (audience !== 'everyone') return el('p', { class: 'message-head' }, icon('lock'), text('only-you'))
  return el('p', { class: 'message-head' }, own ? text('for-you') : text('for-name', { name: by ?? '' }))
}

function createBar() {
  const filled = el('div', { class: 'bar-filled' })
  const words = el('span', { class: 'progress-words' })
  const track = el(
    'div',
    { class: 'bar', role: 'progressbar', 'aria-label': text('queue-drawing'), 'aria-valuemin': 0, 'aria-valuemax': 100 },
    filled,
  )
  return {
    element: el('div', { class: 'progress' }, track, words),
    /** @param {{ done: number, text: string }} progress */
    show(progress) {
      const percent = Math.round(Math.min(1, Math.max(0, progress.done)) * 100)
      filled.style.width = `${percent}%`
      track.setAttribute('aria-valuenow', String(percent))
      track.setAttribute('aria-valuetext', progress.text)
      words.textContent = progress.text
    },
  }
}

/** @param {ShownItem} item @param {MessageActions} actions */
function itemOf({ title, text: words, picture, buttons }, actions) {
  const view = picture ? createPicture() : undefined
  if (view && picture) view.show(picture)
  const side = el('div', { class: 'item-words' }, el('p', { class: 'item-title' }, title), words && el('p', { class: 'item-text' }, words))
  if (buttons?.length) side.append(buttonsOf(buttons, actions))
  return el('li', { class: 'item' }, view?.element, side)
}

/** @param {{ url: string, fileName: string, bytes: number }} file */
function fileOf({ url, fileName, bytes }) {
  const size = bytes < 10_000 ? `${bytes} B` : bytes < 10_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1e6)} MB`
  return el('a', { class: 'file', href: url, download: fileName }, icon('file'), `${fileName} `, el('span', { class: 'quiet' }, size))
}

/** @param {readonly Button[]} buttons @param {MessageActions} actions @param {readonly HTMLElement[]} [more] */
export function buttonsOf(buttons, actions, more = []) {
  const own = buttons.map(({ label, emoji, command, style }) => {
    const button = el('button', { type: 'button', class: `button ${style}` }, iconOf(emoji), label)
    button.addEventListener('click', () => whileBusy(button, () => actions.press(command)))
    return button
  })
  return createToolbar(text('actions'), [...own, ...more])
}

/**
 * A second click before the first was heard is none; why it was refused stands beside the button.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
export async function whileBusy(button, work) {
  if (button.getAttribute('aria-disabled') === 'true') return
  button.setAttribute('aria-disabled', 'true')
  button.classList.add('busy')
  try {
    if (button.nextElementSibling?.classList.contains('trouble')) button.nextElementSibling.remove()
    await work()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    button.after(el('p', { class: 'trouble', role: 'alert' }, error.message))
  } finally {
    button.removeAttribute('aria-disabled')
    button.classList.remove('busy')
  }
}

/** Words in the place of a list that is empty. @param {HTMLElement} parent @param {string} words */
export function showEmpty(parent, words) {
  fill(parent, el(parent.matches('ul, ol') ? 'li' : 'p', { class: 'empty-line' }, words))
}
