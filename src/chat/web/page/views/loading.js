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
    const again = el('button', { class: 'button usual', type: 'button', onClick: () => void loadInto(place, load) }, text('retry'))
    const sentence = el('p', {}, text('load-failed', { why: error.message }))
    fill(place, el(place.matches('ul, ol') ? 'li' : 'div', { class: 'empty-line', role: 'alert' }, sentence, again))
  } finally {
    place.removeAttribute('aria-busy')
  }
}
