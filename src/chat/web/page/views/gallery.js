// Recent animations of everybody here, newest first, and those with some words among them.

/** @import { AnimationView } from '../../page-json.ts' */
/** @import { View } from '../main.js' */
/** @import { Server } from '../api-client.js' */

import { el, fill } from '../element.js'
import { icon } from '../icons.js'
import { showEmpty, whileBusy } from '../message/message.js'
import { createPicture } from '../message/picture.js'
import { copyButton, downloadLink, openLarge } from '../message/picture-actions.js'
import { ago, text } from '../texts.js'
import { createToolbar } from '../toolbar.js'
import { loadInto } from './loading.js'

/** Nobody waits for each letter. */
const typingMs = 250

/**
 * @param {object} options
 * @param {Server} options.server
 * @param {(command: string) => Promise<void>} options.press does it where it is
 * @param {(command: string) => Promise<void>} options.ask does it in the chat
 * @returns {View}
 */
export function createGallery({ server, press, ask }) {
  const search = el('input', { type: 'search', id: 'gallery-search', autocomplete: 'off', placeholder: text('search') })
  const list = el('ul', { class: 'gallery' })
  const more = el('button', { class: 'button usual', type: 'button', hidden: true }, text('gallery-more'))
  const element = el(
    'section',
    { class: 'view wide' },
    el(
      'div',
      { class: 'line heading' },
      el('h1', {}, text('gallery')),
      el('label', { class: 'unseen', for: search.id }, text('search')),
      search,
    ),
    list,
    more,
  )
  /** Of the server's list, from its newest. */
  let count = 0
  /** @type {Map<string, HTMLElement>} */
  const cards = new Map()
  let asked = 0
  /** @type {number | undefined} */
  let timer

  /** @param {number} from */
  async function load(from) {
    asked++
    const turn = asked
    const words = search.value.trim()
    const { animations, total } = await server.animations(from, words)
    if (turn !== asked) return
    if (from === 0) {
      count = 0
      cards.clear()
      if (animations.length === 0) showEmpty(list, words ? text('gallery-none-like', { words }) : text('gallery-empty'))
      else fill(list)
    }
    for (const animation of animations) {
      // those that came meanwhile have pushed some down that are shown already
      if (cards.has(animation.job)) continue
      const card = cardOf(animation)
      cards.set(animation.job, card)
      list.append(card)
    }
    count += animations.length
    more.hidden = count >= total || animations.length === 0
  }
  const reload = () => void loadInto(list, () => load(0))

  /** Those after it move up in the server's list. @param {string} job @param {HTMLElement} card */
  function drop(job, card) {
    // what was loaded anew meanwhile is counted without it
    if (cards.get(job) !== card) return
    card.remove()
    cards.delete(job)
    count--
    if (cards.size === 0) reload()
  }
  more.addEventListener('click', () => whileBusy(more, () => load(count)))
  search.addEventListener('input', () => {
    clearTimeout(timer)
    timer = window.setTimeout(reload, typingMs)
  })

  /** @param {string} job */
  function againButton(job) {
    const again = el('button', { class: 'button usual', type: 'button' }, icon('die'), text('again'))
    again.addEventListener('click', () => whileBusy(again, () => ask(`again job:${job}`).then(() => again.closest('dialog')?.close())))
    return again
  }

  /** @param {AnimationView} animation */
  function cardOf({ job, own, by, prompt, style, atMs, picture, facts, mayDelete, private: hidden }) {
    const view = createPicture()
    view.show(picture)
    const large = () => openLarge({ picture, words: prompt, facts }, [againButton(job)])
    view.element.addEventListener('click', ({ target }) => {
      if (!(target instanceof Element && target.closest('button'))) large()
    })
    const label = text('open-large')
    const open = el(
      'button',
      { class: 'button usual sign', type: 'button', 'aria-label': label, title: label, onClick: large },
      icon('large'),
    )
    const buttons = [againButton(job), open, downloadLink(picture), copyButton(prompt)]
    const card = el(
      'li',
      { class: 'card' },
      view.element,
      el('p', { class: 'card-prompt', title: prompt }, prompt),
      el(
        'p',
        { class: 'quiet card-facts' },
        hidden && icon('lock'),
        [style, own ? text('yours') : by, ago(atMs)].filter(Boolean).join(' · '),
      ),
    )
    if (mayDelete) buttons.push(deleteButton(() => press(`cancel job:${job} sure:yes`).then(() => drop(job, card))))
    card.append(createToolbar(text('actions'), buttons))
    return card
  }

  /** Asks by its own words. @param {() => Promise<void>} work */
  function deleteButton(work) {
    const button = el('button', { class: 'button danger', type: 'button' }, icon('cross'), text('delete'))
    let sure = false
    button.addEventListener('blur', () => {
      sure = false
      fill(button, icon('cross'), text('delete'))
    })
    button.addEventListener('click', () => {
      if (sure) return void whileBusy(button, work)
      sure = true
      fill(button, icon('cross'), text('delete-sure'))
    })
    return button
  }

  return { element, enter: reload, leave: () => clearTimeout(timer) }
}
