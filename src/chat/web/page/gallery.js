// Recent animations of everybody here, newest first.

/** @import { AnimationView } from '../page-json.ts' */
/** @import { View } from './main.js' */
/** @import { Server } from './server.js' */

import { el, fill } from './element.js'
import { icon } from './icons.js'
import { showEmpty, whileBusy } from './message.js'
import { createPicture } from './picture.js'
import { ago, text } from './texts.js'

/**
 * @param {object} options
 * @param {Server} options.server
 * @param {(command: string) => Promise<void>} options.press does it where it is
 * @param {(command: string) => Promise<void>} options.ask does it in the chat
 * @returns {View}
 */
export function createGallery({ server, press, ask }) {
  const list = el('ul', { class: 'gallery' })
  const more = el('button', { class: 'button usual', type: 'button', hidden: true }, text('gallery-more'))
  const element = el('section', { class: 'view wide' }, el('h1', {}, text('gallery')), list, more)
  let count = 0

  /** @param {number} from */
  async function load(from) {
    const { animations, total } = await server.animations(from)
    if (from === 0) {
      count = 0
      if (animations.length === 0) showEmpty(list, text('gallery-empty'))
      else fill(list)
    }
    for (const animation of animations) list.append(cardOf(animation))
    count += animations.length
    more.hidden = count >= total || animations.length === 0
  }
  more.addEventListener('click', () => whileBusy(more, load(count)))

  /** @param {AnimationView} animation */
  function cardOf({ job, own, by, prompt, style, atMs, picture, mayDelete, private: hidden }) {
    const view = createPicture()
    view.show(picture)
    const again = el('button', { class: 'button usual', type: 'button' }, icon('die'), text('again'))
    again.addEventListener('click', () => whileBusy(again, ask(`again job:${job}`)))
    const buttons = el('div', { class: 'buttons' }, again)
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
      buttons,
    )
    if (mayDelete) {
      const remove = el('button', { class: 'button danger', type: 'button' }, icon('cross'), text('delete'))
      let sure = false
      remove.addEventListener('blur', () => {
        sure = false
        fill(remove, icon('cross'), text('delete'))
      })
      remove.addEventListener('click', () => {
        if (sure)
          return void whileBusy(
            remove,
            press(`cancel job:${job}`).then(() => card.remove()),
          )
        sure = true
        fill(remove, icon('cross'), text('delete-sure'))
      })
      buttons.append(remove)
    }
    return card
  }

  return { element, enter: () => void load(0).catch(() => {}), leave() {} }
}
