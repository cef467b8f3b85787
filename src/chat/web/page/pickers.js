// A form for any command: which one, and a field for each of its options.

/** @import { OfferedAction, OfferedCommand } from '../page-json.ts' */
/** @import { FieldView } from './fields.js' */
/** @import { Server } from './server.js' */

import { el, fill } from './element.js'
import { createField } from './fields.js'
import { whileBusy } from './message.js'
import { text } from './texts.js'

/**
 * @param {object} options
 * @param {() => readonly OfferedCommand[]} options.commands
 * @param {Server} options.server
 * @param {(saying: object) => Promise<void>} options.say
 */
export function createPickers({ commands, server, say }) {
  const which = el('select', { id: 'which-command', 'aria-label': text('command') })
  const form = el('div', {})
  const element = el(
    'div',
    { class: 'pickers-inside' },
    el('div', { class: 'field' }, el('label', { for: 'which-command' }, text('command')), which),
    form,
  )
  which.addEventListener('change', () => show(''))

  /** @param {string} prompt */
  function show(prompt) {
    const [name = 'animate', action = ''] = which.value.split(' ')
    const command = commands().find((one) => one.name === name)
    const chosen = command?.actions.find((one) => one.name === action)
    if (command && chosen) fill(form, createCommandForm({ command, action: chosen, values: prompt ? { prompt } : {}, server, say }))
  }

  return {
    element,
    /** @param {string} prompt what is in the field already */
    open(prompt) {
      const before = which.value
      const offered = commands()
        .filter(({ hidden }) => !hidden)
        .flatMap(({ name, actions }) => actions.map((action) => `${name} ${action.name}`.trim()))
      fill(which, ...offered.map((one) => el('option', { value: one }, `/${one}`)))
      which.value = offered.includes(before) ? before : 'animate'
      show(prompt)
    },
  }
}

/**
 * @param {object} options
 * @param {OfferedCommand} options.command
 * @param {OfferedAction} options.action
 * @param {Readonly<Record<string, string>>} [options.values]
 * @param {Server} options.server
 * @param {(saying: object) => Promise<void>} options.say
 */
export function createCommandForm({ command, action, values = {}, server, say }) {
  const fields = action.options.map(({ name, option, help, labels }) => {
    const value = values[name]
    const options = { command: command.name, action: action.name, name, option, label: name, help, server }
    return { name, view: createField({ ...options, ...(value !== undefined && { value }), ...(labels && { labels }) }) }
  })
  const submit = el('button', { class: 'button main', type: 'submit' }, text(command.name === 'animate' ? 'draw' : 'run'))
  const form = el('form', { class: 'fields' }, ...fields.map(({ view }) => view.element), el('div', { class: 'buttons' }, submit))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void whileBusy(submit, send())
  })
  async function send() {
    const options = await readFields(fields)
    await say({ kind: 'command', command: command.name, ...(action.name && { action: action.name }), options })
  }
  return form
}

/** What was filled in, as pairs. @param {readonly { name: string, view: FieldView }[]} fields */
export async function readFields(fields) {
  const pairs = []
  for (const { name, view } of fields) {
    const value = await view.read()
    if (value !== undefined) pairs.push([name, value])
  }
  return pairs
}
