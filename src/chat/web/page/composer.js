// Where people write: a field that completes what can be said, and a form of pickers for those who do not want to type options.

/** @import { OfferedCommand } from '../page-json.ts' */
/** @import { Server } from './server.js' */

import { completionAt, quoted, spoken } from './completion.js'
import { el } from './element.js'
import { icon } from './icons.js'
import { createPickers } from './pickers.js'
import { createSuggestions, isComposing, named } from './suggestions.js'
import { text } from './texts.js'

/**
 * @typedef {object} Composer
 * @property {HTMLElement} element
 * @property {(words: string) => void} write puts words into the field, for the person to go on
 * @property {() => void} focus
 */

/**
 * @param {object} options
 * @param {() => readonly OfferedCommand[]} options.commands those that this person may use
 * @param {Server} options.server
 * @param {(saying: object) => Promise<void>} options.say
 * @returns {Composer}
 */
export function createComposer({ commands, server, say }) {
  const field = el('textarea', {
    id: 'words',
    rows: 1,
    placeholder: text('placeholder'),
    'aria-label': text('composer'),
    autocomplete: 'off',
    spellcheck: 'true',
    enterkeyhint: 'send',
  })
  const send = el('button', { type: 'submit', class: 'round main', 'aria-label': text('send'), title: text('send') }, icon('send'))
  const more = el(
    'button',
    { type: 'button', class: 'round', 'aria-label': text('options'), title: text('options'), 'aria-expanded': 'false' },
    icon('sliders'),
  )
  const pickers = createPickers({ commands, server, say: sayPicked })
  const panel = el('div', { class: 'pickers', hidden: true }, pickers.element)
  const suggestions = createSuggestions(field, put)
  const row = el('form', { class: 'composer-row', onSubmit: submit }, more, field, send)
  const element = el('div', { class: 'composer' }, panel, suggestions.element, row)
  /** What was said last, for the arrow up. */
  let last = ''
  let asked = 0

  /** @param {object} saying */
  async function sayPicked(saying) {
    toggle(false)
    setWords('')
    await say(saying)
  }

  /** @param {boolean} open */
  function toggle(open) {
    panel.hidden = !open
    more.setAttribute('aria-expanded', String(open))
    const label = text(open ? 'options-hide' : 'options')
    more.setAttribute('aria-label', label)
    more.title = label
    if (open) pickers.open(field.value.startsWith('/') ? '' : field.value)
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault()
    const words = field.value.trim()
    if (words === '') return
    // what was asked for meanwhile comes too late
    asked++
    suggestions.hide()
    last = words
    setWords('')
    await say({ kind: 'text', text: spoken(words, commands()) })
  }

  /** @param {string} words */
  function setWords(words) {
    field.value = words
    grow()
  }

  function grow() {
    field.style.height = 'auto'
    field.style.height = `${Math.min(field.scrollHeight, 160)}px`
  }

  /** @param {{ insert: string, from: number, to: number }} suggestion */
  function put({ insert, from, to }) {
    const after = field.value.slice(to)
    setWords(field.value.slice(0, from) + insert + (insert.endsWith(' ') ? after.trimStart() : after))
    field.setSelectionRange(from + insert.length, from + insert.length)
    field.focus()
    void suggest()
  }

  async function suggest() {
    asked++
    const turn = asked
    if (field.value.trim() === '') return suggestions.hide()
    const { suggestions: known, ask, choosing } = completionAt(field.value, field.selectionStart, commands())
    if (!ask) return suggestions.show(known, choosing)
    const { from, to, raw, ...typing } = ask
    const choices = await server.complete(typing).catch(() => [])
    if (turn !== asked) return
    const told = choices.map(({ value, label }) => ({ insert: `${quoted(value, raw)} `, ...named(value, label), from, to }))
    suggestions.show([...known, ...told], choosing && !choices.some(({ value }) => value === typing.typed))
  }

  field.addEventListener('input', () => {
    grow()
    void suggest()
  })
  field.addEventListener('click', suggest)
  field.addEventListener('blur', () => suggestions.hide())
  field.addEventListener('keydown', (event) => {
    if (suggestions.key(event)) return
    if (event.key === 'Enter' && !event.shiftKey && !isComposing(event)) {
      event.preventDefault()
      row.requestSubmit()
    } else if (event.key === 'ArrowUp' && field.value === '' && last !== '') {
      event.preventDefault()
      setWords(last)
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight' || event.key === 'Home' || event.key === 'End') setTimeout(suggest)
  })
  more.addEventListener('click', () => toggle(panel.hidden === true))

  return {
    element,
    write(words) {
      setWords(words)
      field.focus()
      field.setSelectionRange(words.length, words.length)
    },
    focus: () => field.focus(),
  }
}
