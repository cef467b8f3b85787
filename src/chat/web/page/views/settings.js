// One's name, this device, and for the operator what holds here.

/** @import { Me, OfferedCommand, ShownMessage } from '../../page-json.ts' */
/** @import { View } from '../main.js' */
/** @import { MessageActions } from '../message/message.js' */
/** @import { Server } from '../api-client.js' */

import { el, fill } from '../element.js'
import { createAdminForm } from '../forms/admin-form.js'
import { whileBusy } from '../message/message.js'
import { preferences } from '../preferences.js'
import { text } from '../texts.js'

/**
 * @param {object} options
 * @param {Server} options.server
 * @param {() => Me} options.me
 * @param {(me: Me) => void} options.become
 * @param {() => readonly OfferedCommand[]} options.commands
 * @param {readonly string[]} options.languages
 * @param {string} options.language
 * @param {MessageActions} options.actions
 * @param {(saying: object) => Promise<ShownMessage | undefined>} options.ask
 * @returns {View}
 */
export function createSettings({ server, me, become, commands, languages, language, actions, ask }) {
  const operator = el('div', { class: 'group' })
  const element = el('section', { class: 'view' }, el('h1', {}, text('settings')), you(), device(), conversation(), operator)

  /** What came of it stands beside the button. @param {HTMLButtonElement} button @param {() => Promise<string>} work gives what is said then */
  function doing(button, work) {
    void whileBusy(button, async () => {
      if (button.nextElementSibling?.classList.contains('said-line')) button.nextElementSibling.remove()
      button.after(el('p', { class: 'said-line', role: 'status' }, await work()))
    })
  }

  function you() {
    const name = el('input', { id: 'name', value: me().name, maxlength: 40, autocomplete: 'nickname' })
    const save = el('button', { class: 'button main', type: 'submit' }, text('save'))
    const form = el(
      'form',
      { class: 'group' },
      el('h2', {}, text('settings-you')),
      field('name', text('name'), name, text('name-help')),
      save,
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      doing(save, async () => {
        become(await server.rename(name.value))
        name.value = me().name
        return text('saved')
      })
    })
    return form
  }

  function device() {
    const theme = picker('theme', ['auto', 'light', 'dark'], preferences.theme, (value) => {
      preferences.theme = /** @type {typeof preferences.theme} */ (value)
    })
    const motion = picker('motion', ['auto', 'play', 'pause'], preferences.motion, (value) => {
      preferences.motion = /** @type {typeof preferences.motion} */ (value)
      location.reload()
    })
    const names = new Intl.DisplayNames([language], { type: 'language' })
    const spoken = el('select', { id: 'language' }, ...languages.map((one) => el('option', { value: one }, names.of(one) ?? one)))
    spoken.value = language
    spoken.addEventListener('change', () => {
      preferences.locale = spoken.value
      location.reload()
    })
    const fields = [
      field('theme', text('theme'), theme),
      field('language', text('language'), spoken),
      field('motion', text('motion'), motion),
    ]
    return el('div', { class: 'group' }, el('h2', {}, text('settings-page')), el('div', { class: 'fields' }, ...fields))
  }

  function conversation() {
    const clear = el('button', { class: 'button danger', type: 'button' }, text('clear'))
    clear.addEventListener('click', () =>
      doing(clear, async () => {
        await server.clear()
        return text('cleared')
      }),
    )
    return el('div', { class: 'group' }, el('h2', {}, text('clear-title')), el('p', { class: 'quiet' }, text('clear-help')), clear)
  }

  function showOperator() {
    const heading = el('h2', {}, text('settings-admin'))
    if (me().admin) fill(operator, heading, signedIn(), ...adminForms())
    else if (me().signIn) fill(operator, heading, el('p', { class: 'quiet' }, text('sign-in-help')), signIn())
    else fill(operator, heading, el('p', { class: 'quiet' }, text('no-token')))
  }

  function signIn() {
    const token = el('input', { id: 'token', type: 'password', required: true, autocomplete: 'current-password' })
    const send = el('button', { class: 'button main', type: 'submit' }, text('sign-in'))
    const form = el('form', {}, field('token', text('token'), token), send)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      doing(send, async () => {
        become(await server.signIn(token.value))
        showOperator()
        return ''
      })
    })
    return form
  }

  function signedIn() {
    const out = el('button', { class: 'button usual', type: 'button' }, text('sign-out'))
    out.addEventListener('click', () =>
      doing(out, async () => {
        become(await server.signOut())
        showOperator()
        return ''
      }),
    )
    return el('div', { class: 'line' }, el('p', { class: 'quiet' }, text('signed-in')), out)
  }

  /** A form for each thing that only admins do; those of styles stand beside the styles. */
  function adminForms() {
    return commands().flatMap((command) =>
      command.actions.filter(({ admin }) => admin).map((action) => createAdminForm({ server, actions, ask }, command, action)),
    )
  }

  /** @param {string} id @param {readonly string[]} values @param {string} value @param {(value: string) => void} change */
  function picker(id, values, value, change) {
    const select = el('select', { id }, ...values.map((one) => el('option', { value: one }, text(`${id}-${one}`))))
    select.value = value
    select.addEventListener('change', () => change(select.value))
    return select
  }

  return {
    element,
    enter() {
      showOperator()
    },
    leave() {},
  }
}

/** @param {string} id @param {string} label @param {HTMLElement} control @param {string} [help] */
function field(id, label, control, help) {
  return el('div', { class: 'field' }, el('label', { for: id }, label), control, help && el('p', { class: 'field-help' }, help))
}
