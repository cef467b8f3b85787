// The list of what can be put in, above the field: arrows choose, Tab and Enter put in, Escape closes.

/** @import { Suggestion } from './completion.js' */

import { el, fill } from '../element.js'
import { text } from '../texts.js'

/**
 * @typedef {object} Suggestions
 * @property {HTMLElement} element
 * @property {(all: readonly Suggestion[], first: boolean) => void} show `first`: the first is chosen from the start
 * @property {() => void} hide
 * @property {(event: KeyboardEvent) => boolean} key whether the key was for the list
 */

/**
 * @param {HTMLElement} field an input is a combobox from here on; a field of several lines may not be one, and is a textbox with a popup
 * @param {(suggestion: Suggestion) => void} choose
 * @returns {Suggestions}
 */
export function createSuggestions(field, choose) {
  const id = `suggestions-${crypto.getRandomValues(new Uint32Array(1))[0]}`
  const element = el('ul', { class: 'suggestions', role: 'listbox', id, hidden: true, 'aria-label': text('suggestions') })
  const combobox = !(field instanceof HTMLTextAreaElement)
  const attributes = {
    'aria-autocomplete': 'list',
    'aria-controls': id,
    ...(combobox ? { role: 'combobox' } : { 'aria-haspopup': 'listbox' }),
  }
  for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value)
  /** @param {boolean} open */
  const expand = (open) => {
    element.hidden = !open
    if (combobox) field.setAttribute('aria-expanded', String(open))
  }
  /** @type {readonly Suggestion[]} */
  let all = []
  let active = -1
  expand(false)

  /** @param {number} index */
  function activate(index) {
    active = index
    for (const [n, option] of [...element.children].entries()) {
      option.setAttribute('aria-selected', String(n === active))
      if (n === active) option.scrollIntoView({ block: 'nearest' })
    }
    if (active < 0) field.removeAttribute('aria-activedescendant')
    else field.setAttribute('aria-activedescendant', `${id}-${active}`)
  }

  function hide() {
    all = []
    expand(false)
    activate(-1)
  }

  /** @param {number} index */
  function take(index) {
    const suggestion = all[index]
    hide()
    if (suggestion) choose(suggestion)
  }

  return {
    element,
    hide,
    show(suggestions, first) {
      if (suggestions.length === 0) return hide()
      // a response that comes later changes nothing of what was chosen meanwhile
      const chosen = active > 0 ? all[active]?.insert : undefined
      all = suggestions
      const kept = all.findIndex(({ insert }) => insert === chosen)
      const options = all.map(({ label, help }, n) => {
        const option = el(
          'li',
          { role: 'option', id: `${id}-${n}` },
          el('span', { class: 'suggestion-label' }, label),
          help && el('span', { class: 'quiet' }, help),
        )
        // the field keeps the focus
        option.addEventListener('pointerdown', (event) => event.preventDefault())
        option.addEventListener('click', () => take(n))
        return option
      })
      fill(element, ...options)
      expand(true)
      element.scrollTop = 0
      activate(kept > 0 ? kept : first ? 0 : -1)
    },
    key(event) {
      if (element.hidden || isComposing(event)) return false
      const last = all.length - 1
      if (event.key === 'ArrowDown') activate(active >= last ? 0 : active + 1)
      else if (event.key === 'ArrowUp') activate(active <= 0 ? last : active - 1)
      else if (event.key === 'Tab' && !event.shiftKey) take(Math.max(0, active))
      else if (event.key === 'Enter' && !event.shiftKey && active >= 0) take(active)
      else if (event.key === 'Escape') hide()
      else return false
      event.preventDefault()
      event.stopPropagation()
      return true
    },
  }
}

/**
 * Whether the key belongs to a word that is still being composed (Chinese, Japanese). Safari ends the composition before it sends the key that
 * ended it, and marks that key with 229 alone.
 * @param {KeyboardEvent} event
 */
export function isComposing({ isComposing, keyCode }) {
  return isComposing || keyCode === 229
}

/** A label that begins with the value says more after it. @param {string} value @param {string} label */
export function named(value, label) {
  const more = label.startsWith(value) ? label.slice(value.length).replace(/^\s*[·—:-]?\s*/, '') : undefined
  return more === undefined ? { label } : { label: value, help: more }
}
