// A toolbar: several buttons that are one stop of the Tab key; arrows go from one to the next (ARIA Authoring Practices, toolbar pattern).

import { el } from './element.js'

/**
 * @param {string} label
 * @param {readonly HTMLElement[]} controls
 */
export function createToolbar(label, controls) {
  const toolbar = el('div', { class: 'buttons', role: 'toolbar', 'aria-label': label }, ...controls)
  /** @param {HTMLElement | undefined} current */
  function stopAt(current) {
    for (const control of controls) control.tabIndex = control === current ? 0 : -1
  }
  stopAt(controls[0])
  toolbar.addEventListener('focusin', ({ target }) => stopAt(controls.find((control) => control === target)))
  toolbar.addEventListener('keydown', (event) => {
    const at = document.activeElement instanceof HTMLElement ? controls.indexOf(document.activeElement) : -1
    const last = controls.length - 1
    const keys = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at <= 0 ? last : at - 1, Home: 0, End: last }
    const to = at >= 0 && Object.hasOwn(keys, event.key) ? keys[/** @type {keyof typeof keys} */ (event.key)] : undefined
    if (to === undefined) return
    event.preventDefault()
    controls[to]?.focus()
  })
  return toolbar
}
