// The fields of a form, from declared options: what can be picked is picked, what is typed is completed.

/** @import { Option } from '../../../contract/option.ts' */
/** @import { Server } from '../api-client.js' */

import { createSuggestions, named } from '../composer/suggestions.js'
import { el } from '../element.js'
import { text } from '../texts.js'

/**
 * @typedef {object} FieldView
 * @property {HTMLElement} element
 * @property {() => Promise<string | number | boolean | { upload: string } | { upload: string }[] | undefined>} read undefined: left as it is
 */

/**
 * @param {object} options
 * @param {string} options.command
 * @param {string} options.action
 * @param {string} options.name
 * @param {Option} options.option
 * @param {string} options.label
 * @param {string} [options.help]
 * @param {string} [options.value]
 * @param {Readonly<Record<string, string>>} [options.labels]
 * @param {Server} options.server
 * @param {(share: number) => void} [options.onUpload]
 * @returns {FieldView}
 */
export function createField({ command, action, name, option, label, help, value = '', labels, server, onUpload }) {
  const id = `field-${name}-${crypto.getRandomValues(new Uint32Array(1))[0]}`
  const common = { id, name, 'data-option': name, required: option.required ?? false, 'aria-describedby': help ? `${id}-help` : undefined }
  const input = inputOf()
  const control = 'control' in input ? input.control : input
  const outer = 'outer' in input ? input.outer : control
  const element = el(
    'div',
    { class: option.kind === 'text' && option.maxChars > 100 ? 'field wide' : 'field' },
    el('label', { for: id }, label),
    outer,
    help && el('p', { class: 'field-help', id: `${id}-help` }, help),
  )

  function inputOf() {
    switch (option.kind) {
      case 'choice':
        return picker(option.choices.map((choice) => [choice, labels?.[choice] ?? choice]))
      case 'flag':
        return picker([
          ['yes', text('yes')],
          ['no', text('no')],
        ])
      case 'integer':
      case 'number': {
        const { min, max, kind } = option
        const step = kind === 'integer' ? 1 : 'any'
        return el('input', {
          ...common,
          type: 'number',
          inputmode: 'decimal',
          min,
          max,
          step,
          value,
          placeholder: text('range', { min, max }),
        })
      }
      case 'seed':
        return el('input', { ...common, inputmode: 'numeric', pattern: '[0-9]{1,20}', value, autocomplete: 'off' })
      case 'file':
        return el('input', { ...common, type: 'file' })
      case 'files':
        return el('input', { ...common, type: 'file', multiple: true })
      case 'text': {
        if (option.maxChars > 100 && !option.complete) return area(1)
        if (option.rest && option.maxChars > 100) return area(2)
        const field = el('input', { ...common, maxlength: option.maxChars, value, autocomplete: 'off' })
        return option.complete ? completed(field) : field
      }
    }
  }

  /** @param {number} rows */
  function area(rows) {
    const field = el('textarea', { ...common, rows, maxlength: option.kind === 'text' ? option.maxChars : 0 })
    field.value = value
    return field
  }

  /** @param {readonly (readonly [string, string])[]} choices */
  function picker(choices) {
    const select = el(
      'select',
      common,
      el('option', { value: '' }, text('unset')),
      ...choices.map(([one, shown]) => el('option', { value: one }, shown)),
    )
    select.value = value
    return select
  }

  /** @param {HTMLInputElement} field */
  function completed(field) {
    let asked = 0
    const suggestions = createSuggestions(field, ({ insert }) => {
      field.value = insert
      field.dispatchEvent(new Event('change', { bubbles: true }))
    })
    const suggest = async () => {
      asked++
      const turn = asked
      const choices = await server.complete({ command, action, option: name, typed: field.value }).catch(() => [])
      if (turn !== asked || document.activeElement !== field) return
      suggestions.show(
        choices.map(({ value, label }) => ({ insert: value, ...named(value, label), from: 0, to: 0 })),
        false,
      )
    }
    field.addEventListener('input', suggest)
    field.addEventListener('focus', suggest)
    field.addEventListener('blur', () => suggestions.hide())
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Tab') suggestions.hide()
      else suggestions.key(event)
    })
    return { control: field, outer: el('div', { class: 'completed' }, field, suggestions.element) }
  }

  return {
    element,
    async read() {
      if (control instanceof HTMLInputElement && control.type === 'file') {
        const files = [...(control.files ?? [])]
        if (!control.multiple) return files[0] && server.upload(files[0], onUpload)
        /** @type {{ upload: string }[]} */
        const taken = []
        for (const [n, file] of files.entries()) {
          const share = (/** @type {number} */ done) => onUpload?.((n + done) / files.length)
          taken.push(await server.upload(file, share, taken[0]?.upload))
        }
        return taken.length > 0 ? taken : undefined
      }
      if (control.value !== '') return control.value
      // a text that was taken out: where that is possible, there is a word for it
      const canBeNone = option.kind === 'text' && !option.required && (option.none || option.complete === 'style')
      return value !== '' && canBeNone ? 'none' : undefined
    },
  }
}
