// A dialog that the server opened as an answer: what is filled in goes back as a command.

/** @import { Form } from '../../../contract/outgoing.ts' */
/** @import { Server } from '../api-client.js' */

import { el } from '../element.js'
import { whileBusy } from '../message/message.js'
import { text } from '../texts.js'
import { createField } from './fields.js'
import { readFields } from './pickers.js'

/**
 * @param {Form} asked
 * @param {Server} server
 * @param {(saying: object) => Promise<void>} say
 */
export function openDialog({ title, command, action = '', fixed, submit, fields }, server, say) {
  const views = fields.map(({ name, option, label, help, choices, value = '' }) => ({
    name,
    view: createField({
      command,
      action,
      name,
      option,
      label,
      value,
      server,
      ...(help && { help }),
      ...(choices && { labels: choices }),
    }),
  }))
  const done = el('button', { class: 'button main', type: 'submit' }, submit)
  const form = el(
    'form',
    { class: 'fields' },
    el('h2', { id: 'dialog-title' }, title),
    ...views.map(({ view }) => view.element),
    el(
      'div',
      { class: 'buttons' },
      done,
      el('button', { class: 'button usual', type: 'button', onClick: () => dialog.close() }, text('cancel')),
    ),
  )
  const dialog = el('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' }, form)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void whileBusy(done, send)
  })
  async function send() {
    const options = [...Object.entries(fixed), ...(await readFields(views))]
    await say({ kind: 'command', command, ...(action && { action }), options })
    dialog.close()
  }
  const before = document.activeElement
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (before instanceof HTMLElement) before.focus()
  })
  document.body.append(dialog)
  dialog.showModal()
}
