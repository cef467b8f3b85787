// The options of a command as fields: below the words of the composer, and as a form of its own for admins.

/** @import { OfferedAction, OfferedCommand, OfferedOption } from '../../page-json.ts' */
/** @import { FieldView } from './fields.js' */
/** @import { Server } from '../api-client.js' */

import { el, fill } from '../element.js'
import { whileBusy } from '../message/message.js'
import { text } from '../texts.js'
import { createField } from './fields.js'

/** @param {OfferedOption} offered whether the words of the composer are its value */
const isRest = ({ option }) => option.kind === 'text' && option.rest === true

/**
 * @param {object} options
 * @param {() => readonly OfferedCommand[]} options.commands
 * @param {Server} options.server
 * @param {() => void} options.changed another command was chosen
 */
export function createPickers({ commands, server, changed }) {
  const which = el('select', { id: 'which-command' })
  const place = el('div', { class: 'fields' })
  const element = el(
    'div',
    { class: 'pickers-inside' },
    el('div', { class: 'field' }, el('label', { for: which.id }, text('command')), which),
    place,
  )
  /** @type {{ name: string, view: FieldView }[]} */
  let fields = []
  which.addEventListener('change', () => {
    show()
    changed()
  })

  function chosen() {
    const [name = 'animate', actionName = ''] = which.value.split(' ')
    const command = commands().find((one) => one.name === name)
    const action = command?.actions.find((one) => one.name === actionName)
    return command && action && { command, action, rest: action.options.find(isRest) }
  }

  function show() {
    const { command, action } = chosen() ?? {}
    fields = command && action ? fieldsOf(command, action, { server }, isRest) : []
    fill(place, ...fields.map(({ view }) => view.element))
  }

  return {
    element,
    open() {
      const before = which.value
      const offered = commands()
        .filter(({ hidden }) => !hidden)
        .flatMap(({ name, actions }) => actions.map((action) => `${name} ${action.name}`.trim()))
      fill(which, ...offered.map((one) => el('option', { value: one }, `/${one}`)))
      which.value = offered.includes(before) ? before : 'animate'
      if (fields.length === 0) show()
    },
    /** Empty again. */
    reset: show,
    chosen,
    read: () => readFields(fields),
  }
}

/**
 * @param {object} options
 * @param {OfferedCommand} options.command
 * @param {OfferedAction} options.action
 * @param {Readonly<Record<string, string>>} [options.values] what holds now: only what is changed is sent
 * @param {Readonly<Record<string, string>>} [options.fixed] sent as it is, and not asked for
 * @param {Server} options.server
 * @param {(saying: object) => Promise<void>} options.say
 * @param {(share: number) => void} [options.onUpload]
 * @param {() => void} [options.onRead] what was filled in is read, or could not be
 */
export function createCommandForm({ command, action, values = {}, fixed = {}, server, say, onUpload, onRead }) {
  const fields = fieldsOf(command, action, { values, server, ...(onUpload && { onUpload }) }, ({ name }) => Object.hasOwn(fixed, name))
  const submit = el('button', { class: 'button main', type: 'submit' }, text(command.name === 'animate' ? 'draw' : 'run'))
  const form = el('form', { class: 'fields' }, ...fields.map(({ view }) => view.element), el('div', { class: 'buttons' }, submit))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void whileBusy(submit, send)
  })
  async function send() {
    const filled = new Map(await readFields(fields).finally(onRead))
    const changed = action.options.flatMap(({ name, option }) => {
      const now = filled.get(name)
      return now === undefined || (String(now) === values[name] && !option.required) ? [] : [[name, now]]
    })
    const options = [...Object.entries(fixed), ...changed]
    await say({ kind: 'command', command: command.name, ...(action.name && { action: action.name }), options })
  }
  return form
}

/**
 * @param {OfferedCommand} command
 * @param {OfferedAction} action
 * @param {{ values?: Readonly<Record<string, string>>, server: Server, onUpload?: (share: number) => void }} parts
 * @param {(offered: OfferedOption) => boolean} without
 */
function fieldsOf(command, action, { values = {}, ...parts }, without) {
  return action.options
    .filter((offered) => !without(offered))
    .map(({ name, option, help, labels }) => {
      const value = values[name]
      const options = { ...parts, command: command.name, action: action.name, name, option, label: name, help }
      return { name, view: createField({ ...options, ...(value !== undefined && { value }), ...(labels && { labels }) }) }
    })
}

/**
 * What was filled in, as pairs.
 * @param {readonly { name: string, view: FieldView }[]} fields
 * @returns {Promise<[string, string | number | boolean | { upload: string } | { upload: string }[]][]>}
 */
export async function readFields(fields) {
  /** @type {[string, string | number | boolean | { upload: string } | { upload: string }[]][]} */
  const pairs = []
  for (const { name, view } of fields) {
    const value = await view.read()
    if (value !== undefined) pairs.push([name, value])
  }
  return pairs
}
