// The styles there are, each with an example; admins add and change them here.

/** @import { Me, OfferedCommand, StyleView } from '../../page-json.ts' */
/** @import { AdminFormParts } from '../forms/admin-form.js' */
/** @import { View } from '../main.js' */

import { quoted } from '../composer/completion.js'
import { el, fill } from '../element.js'
import { createAdminForm } from '../forms/admin-form.js'
import { icon } from '../icons.js'
import { showEmpty } from '../message/message.js'
import { createPicture } from '../message/picture.js'
import { text } from '../texts.js'
import { loadInto } from './loading.js'

/** Actions that make a style; all others with a name are about one there is. */
const makes = new Set(['add', 'train'])

/**
 * @param {object} options
 * @param {AdminFormParts} options.parts
 * @param {() => Me} options.me
 * @param {() => readonly OfferedCommand[]} options.commands
 * @param {(words: string) => void} options.write puts words into the composer
 * @returns {View}
 */
export function createStyles({ parts, me, commands, write }) {
  const adding = el('div', {})
  const list = el('ul', { class: 'gallery' })
  const element = el('section', { class: 'view wide' }, el('h1', {}, text('styles')), adding, list)
  const command = () => commands().find(({ name }) => name === 'styles')

  async function load() {
    const styles = await parts.server.styles()
    if (styles.length === 0) showEmpty(list, text('styles-empty'))
    else fill(list, ...styles.map(cardOf))
  }
  const reload = () => void loadInto(list, load)

  /** @param {object} saying */
  async function ask(saying) {
    const message = await parts.ask(saying)
    reload()
    return message
  }

  function showAdding() {
    const styles = command()
    const making = styles?.actions.filter(({ name }) => makes.has(name)) ?? []
    fill(adding, ...(me().admin && styles ? making.map((action) => createAdminForm({ ...parts, ask }, styles, action)) : []))
  }

  /** @param {StyleView} style */
  function cardOf({ name, about, example, picture }) {
    const view = picture ? createPicture() : undefined
    if (view && picture) view.show({ url: picture, format: 'webp', width: 1, height: 1, alt: example })
    const go = () => write(`/animate ${quoted(example, true)} style:${quoted(name, false)}`)
    return el(
      'li',
      { class: 'card' },
      view ? view.element : el('div', { class: 'picture blank' }, icon('styles')),
      el('h2', {}, name),
      el('p', { class: 'quiet' }, about),
      el(
        'div',
        { class: 'buttons' },
        el('button', { class: 'button usual', type: 'button', onClick: go }, icon('brush'), text('try-style')),
        me().admin &&
          el('button', { class: 'button usual', type: 'button', onClick: () => openEditing(name) }, icon('pencil'), text('edit')),
      ),
    )
  }

  /** Everything that is about one style. @param {string} name */
  function openEditing(name) {
    const styles = command()
    if (!styles) return
    const about = styles.actions.filter((action) => !makes.has(action.name) && action.options.some((option) => option.name === 'name'))
    const close = el('button', { class: 'button usual', type: 'button', onClick: () => dialog.close() }, text('close'))
    const dialog = el(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'editing-title' },
      el('h2', { id: 'editing-title' }, name),
      ...about.map((action) => createAdminForm({ ...parts, ask }, styles, action, { name })),
      el('div', { class: 'buttons' }, close),
    )
    const before = document.activeElement
    dialog.addEventListener('close', () => {
      dialog.remove()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    })
    document.body.append(dialog)
    dialog.querySelector('details')?.setAttribute('open', '')
    dialog.showModal()
  }

  return {
    element,
    enter() {
      showAdding()
      reload()
    },
    leave() {},
  }
}
