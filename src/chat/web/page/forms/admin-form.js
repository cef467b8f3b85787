// A form for something that only admins do, with what holds now in its fields, how far it is while it lasts, and its answer below.

/** @import { OfferedAction, OfferedCommand, ShownMessage } from '../../page-json.ts' */
/** @import { MessageActions } from '../message/message.js' */
/** @import { Server } from '../api-client.js' */

import { el, fill } from '../element.js'
import { createMessage } from '../message/message.js'
import { duration, text } from '../texts.js'
import { createCommandForm } from './pickers.js'

/**
 * @typedef {object} AdminFormParts
 * @property {Server} server
 * @property {MessageActions} actions
 * @property {(saying: object) => Promise<ShownMessage | undefined>} ask
 */

/**
 * @param {AdminFormParts} parts
 * @param {OfferedCommand} command
 * @param {OfferedAction} action
 * @param {Readonly<Record<string, string>>} [fixed] options that are not asked for
 */
export function createAdminForm({ server, actions, ask }, command, action, fixed = {}) {
  const place = el('div', {})
  const progress = createProgress()
  const answer = el('div', { class: 'inline-answer' })
  const title = el(
    'summary',
    {},
    el('span', { class: 'suggestion-label' }, `/${command.name} ${action.name}`),
    el('span', { class: 'quiet' }, action.help),
  )
  const element = el('details', { class: 'admin-action' }, title, place, progress.element, answer)

  /** @param {object} saying */
  async function say(saying) {
    fill(answer)
    progress.begin()
    try {
      const message = await ask(saying)
      const view = createMessage(actions)
      if (message) view.show(message)
      fill(answer, message && view.element)
    } finally {
      progress.end()
    }
    await show()
  }

  async function show() {
    const values = await server.current({ command: command.name, action: action.name, given: fixed }).catch(() => ({}))
    fill(place, createCommandForm({ command, action, values, fixed, server, say, onUpload: progress.uploaded, onRead: progress.end }))
  }

  element.addEventListener('toggle', () => {
    if (element.open && !place.firstChild) void show()
  })
  return element
}

/** A bar while a file goes up, then one without an end, with how long it has taken. */
function createProgress() {
  const bar = el('progress', { 'aria-label': text('working') })
  const words = el('p', { class: 'progress-words', role: 'status' })
  const element = el('div', { class: 'progress', hidden: true }, bar, words)
  /** @type {number | undefined} */
  let timer
  return {
    element,
    /** @param {number} share from 0 to 1 */
    uploaded(share) {
      element.hidden = false
      bar.max = 1
      bar.value = share
      words.textContent = text('uploading', { percent: Math.floor(share * 100) })
    },
    begin() {
      const began = Date.now()
      element.hidden = false
      bar.removeAttribute('value')
      const tell = () => {
        words.textContent = text('working-for', { time: duration(Date.now() - began) })
      }
      tell()
      timer = window.setInterval(tell, 5000)
    },
    end() {
      clearInterval(timer)
      element.hidden = true
    },
  }
}
