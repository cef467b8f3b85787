// Everything that waits and is being drawn, in the order in which it will run.

/** @import { QueuedView } from '../page-json.ts' */
/** @import { View } from './main.js' */
/** @import { Server } from './server.js' */

import { el, fill } from './element.js'
import { icon } from './icons.js'
import { showEmpty, whileBusy } from './message.js'
import { duration, text } from './texts.js'

const everyMs = 2000

/** @param {object} options @param {Server} options.server @param {(command: string) => Promise<void>} options.press @returns {View} */
export function createQueue({ server, press }) {
  const list = el('ol', { class: 'queue' })
  const element = el('section', { class: 'view' }, el('h1', {}, text('queue')), list)
  /** @type {number | undefined} */
  let timer
  let before = ''

  async function refresh() {
    const rows = await server.queue().catch(() => undefined)
    const json = JSON.stringify(rows)
    if (rows && json !== before) {
      before = json
      if (rows.length === 0) showEmpty(list, text('queue-empty'))
      else fill(list, ...rows.map((row, n) => rowOf(row, n)))
    }
  }

  /** @param {QueuedView} row @param {number} n */
  function rowOf({ job, state, own, by, prompt, style, ahead, leftMs, mayCancel }, n) {
    const place = state === 'running' ? text('queue-drawing') : ahead ? text('queue-place', { ahead }) : text('queue-next')
    const cancel = mayCancel && el('button', { class: 'button danger', type: 'button' }, icon('cross'), text('cancel'))
    if (cancel) cancel.addEventListener('click', () => whileBusy(cancel, press(`cancel job:${job}`).then(refresh)))
    return el(
      'li',
      { class: 'queued', 'data-state': state },
      el('span', { class: 'queued-number' }, String(n + 1)),
      el(
        'div',
        { class: 'queued-words' },
        el('p', { class: prompt === undefined ? 'quiet' : 'queued-prompt' }, prompt ?? text('queue-private')),
        el(
          'p',
          { class: 'quiet' },
          [place, leftMs === undefined ? '' : text('queue-left', { time: duration(leftMs) }), style ?? '', own ? text('yours') : by]
            .filter(Boolean)
            .join(' · '),
        ),
      ),
      cancel,
    )
  }

  return {
    element,
    enter() {
      void refresh()
      timer = window.setInterval(refresh, everyMs)
    },
    leave: () => clearInterval(timer),
  }
}
