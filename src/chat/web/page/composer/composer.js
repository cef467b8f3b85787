// Where people write: a field that completes what can be said, and behind its first button the options of a command as fields. One Send
// for both.

/** @import { OfferedCommand } from '../../page-json.ts' */
/** @import { Server } from '../api-client.js' */

import { Refused } from '../api-client.js'
import { el } from '../element.js'
import { createPickers } from '../forms/pickers.js'
import { icon } from '../icons.js'
import { text } from '../texts.js'
import { completionAt, quoted, spoken } from './completion.js'
import { createSuggestions, isComposing, named } from './suggestions.js'

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
 * @param {(saying: object) => Promise<void>} options.say fails with why it was not taken
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
    {
      type: 'button',
      class: 'round',
      'aria-label': text('options'),
      title: text('options'),
      'aria-expanded': 'false',
      'aria-controls': 'options',
    },
    icon('sliders'),
  )
  const pickers = createPickers({ commands, server, changed: nameField })
  // disabled while it is closed, so that what stands in it neither counts nor is checked
  const panel = el(
    'fieldset',
    { class: 'pickers', id: 'options', hidden: true, disabled: true, 'aria-label': text('options') },
    pickers.element,
  )
  const suggestions = createSuggestions(field, put)
  const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true })
  const row = el('form', { class: 'composer-row', onSubmit: submit }, more, panel, field, send)
  const element = el('div', { class: 'composer' }, trouble, suggestions.element, row)
  /** What was said last, for the arrow up. */
  let last = ''
  let asked = 0

  /** @param {boolean} open */
  function toggle(open) {
    panel.hidden = !open
    panel.disabled = !open
    more.setAttribute('aria-expanded', String(open))
    const label = text(open ? 'options-hide' : 'options')
    more.setAttribute('aria-label', label)
    more.title = label
    if (open) pickers.open()
    nameField()
  }

  /** What the words are, where options are picked. */
  function nameField() {
    const { action, rest } = (!panel.hidden && pickers.chosen()) || {}
    field.placeholder = action ? (rest ? rest.help : text('no-words')) : text('placeholder')
  }

  /** @param {string} words '' takes it away */
  function tell(words) {
    trouble.textContent = words
    trouble.hidden = words === ''
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault()
    const words = field.value.trim()
    const picked = panel.hidden || words.startsWith('/') ? undefined : pickers.chosen()
    if (!picked && words === '') return
    if (picked?.rest?.option.required && words === '') {
      field.focus()
      return tell(text('words-missing'))
    }
    // what was asked for meanwhile comes too late
    asked++
    suggestions.hide()
    tell('')
    const before = { words: field.value, open: !panel.hidden }
    try {
      const saying = picked ? await pickedSaying(picked, words) : { kind: 'text', text: spoken(words, commands()) }
      setWords('')
      toggle(false)
      await say(saying)
      last = words
      pickers.reset()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      // what was written meanwhile is not written over
      if (field.value === '') setWords(before.words)
      if (before.open) toggle(true)
      tell(error.message)
    }
  }

  /** @param {NonNullable<ReturnType<typeof pickers.chosen>>} picked @param {string} words */
  async function pickedSaying({ command, action, rest }, words) {
    const options = await pickers.read()
    if (rest && words !== '') options.unshift([rest.name, words])
    return { kind: 'command', command: command.name, ...(action.name && { action: action.name }), options }
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
    // the list may be of what stood there before the last keys
    const goesOn = /^\S*/.exec(field.value.slice(to, Math.max(to, field.selectionStart)))?.[0].length ?? 0
    const after = field.value.slice(to + goesOn)
    setWords(field.value.slice(0, from) + insert + (insert.endsWith(' ') ? after.trimStart() : after))
    field.setSelectionRange(from + insert.length, from + insert.length)
    field.focus()
    void suggest()
  }

  async function suggest() {
    asked++
    const turn = asked
    if (field.value.trim() === '' || !panel.hidden) return suggestions.hide()
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
    tell('')
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
  row.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return
    event.preventDefault()
    toggle(false)
    more.focus()
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
