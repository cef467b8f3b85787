// Loading a view: what could not be loaded is said where it would stand, with a way to try again.

import { Refused } from '../api-client.js'
import { el, fill } from '../element.js'
import { text } from '../texts.js'

/**
 * @param {HTMLElement} place
 * @param {() => Promise<void>} load
 */
export async function loadInto(place, load) {
  place.setAttribute('aria-busy', 'true')
  try {
    await load()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    showTrouble(place, text('load-failed', { why: error.message }), () => void loadInto(place, load))
  } finally {
    place.removeAttribute('aria-busy')
  }
}

/**
 * Why something is not there, where it would stand, with a way to try again.
 * @param {HTMLElement} place
 * @param {string} why
 * @param {() => void} again
 */
export function showTrouble(place, why, again) {
  const button = el('button', { class: 'button usual', type: 'button', onClick: again }, text('retry'))
  fill(place, el(place.matches('ul, ol') ? 'li' : 'div', { class: 'empty-line', role: 'alert' }, el('p', {}, why), button))
}
