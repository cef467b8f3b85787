// What stands around the views: the way from one to another, the colours, and a line while the server cannot be reached.

/** @import { View } from './main.js' */

import { el, fill } from './element.js'
import { icon } from './icons.js'
import { isDark, preferences } from './preferences.js'
import { text } from './texts.js'
import { showTrouble } from './views/loading.js'

/**
 * @param {Readonly<Record<string, View>>} views by name; the first is where one begins
 * @returns {{ go: (name: string) => void, offline: (is: boolean) => void, end: (why: string) => void }} `end`: nothing can be done here until the page is loaded again
 */
export function createFrame(views) {
  const names = Object.keys(views)
  const links = names.map((name) => el('a', { href: `#${name}`, class: 'tab' }, icon(name), el('span', {}, text(name))))
  const theme = el('button', { class: 'round theme', type: 'button', 'aria-label': text('theme'), title: text('theme') }, icon('theme'))
  theme.addEventListener('click', () => {
    preferences.theme = isDark() ? 'light' : 'dark'
  })
  const lost = el('p', { class: 'offline', role: 'status', hidden: true }, text('offline'))
  const main = el('main', { id: 'view' })
  const skip = el('a', { class: 'skip', href: '#view' }, text('skip'))
  skip.addEventListener('click', (event) => {
    event.preventDefault()
    go('chat')
    document.getElementById('words')?.focus()
  })
  const brand = el(
    'a',
    { class: 'brand', href: '#chat' },
    el('img', { src: '/page/icon.svg', alt: '', width: 28, height: 28 }),
    el('span', {}, text('title')),
  )
  document.body.prepend(
    skip,
    el('header', { class: 'bar-top' }, brand, el('nav', { 'aria-label': text('views') }, ...links), theme),
    lost,
    main,
  )

  let now = ''
  function show() {
    const asked = location.hash.slice(1)
    const name = Object.hasOwn(views, asked) ? asked : (names[0] ?? '')
    if (name === now) return
    views[now]?.leave()
    now = name
    for (const [n, link] of links.entries()) {
      if (names[n] === name) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    fill(main, views[name]?.element)
    views[name]?.enter()
  }
  addEventListener('hashchange', show)

  /** @param {string} name */
  function go(name) {
    if (now === name) return
    history.pushState(null, '', `#${name}`)
    show()
  }
  addEventListener('popstate', show)
  // the views are made before the first is shown: one may ask for another
  queueMicrotask(show)

  return {
    go,
    offline(is) {
      lost.hidden = !is
    },
    end(why) {
      views[now]?.leave()
      const place = el('main', { class: 'view' })
      fill(document.body, place)
      showTrouble(place, why, () => location.reload())
    },
  }
}
