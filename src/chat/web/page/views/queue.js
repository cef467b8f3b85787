// Everything that waits and is being drawn, in the order in which it will run; and for operators the GPU hosts.

/** @import { GpuHostView, Me, QueuedView } from '../../page-json.ts' */
/** @import { View } from '../main.js' */
/** @import { Server } from '../api-client.js' */

import { el, fill } from '../element.js'
import { icon } from '../icons.js'
import { showEmpty, whileBusy } from '../message/message.js'
import { duration, text } from '../texts.js'

const everyMs = 2000

/** @param {object} options @param {Server} options.server @param {(command: string) => Promise<void>} options.press @param {() => Me} options.me @returns {View} */
export function createQueue({ server, press, me }) {
  const hostList = el('ul', { class: 'hosts' })
  const list = el('ol', { class: 'queue' })
  const element = el('section', { class: 'view' }, el('h1', {}, text('queue')), hostList, list)
  /** @type {number | undefined} */
  let timer
  let before = ''
  let hostsBefore = '[]'

  async function refresh() {
    const [rows, hosts] = await Promise.all([server.queue(), me().admin ? server.hosts() : []]).catch(() => [])
    showHosts(hosts ?? [])
    const json = JSON.stringify(rows)
    if (rows && json !== before) {
      before = json
      if (rows.length === 0) showEmpty(list, text('queue-empty'))
      else fill(list, ...rows.map((row, n) => rowOf(row, n)))
    }
  }

  /** @param {readonly GpuHostView[]} hosts */
  function showHosts(hosts) {
    const json = JSON.stringify(hosts)
    if (json === hostsBefore) return
    hostsBefore = json
    fill(hostList, ...hosts.map(hostOf))
  }

  /** @param {GpuHostView} host */
  function hostOf({ id, name, drained, devices }) {
    const button = el('button', { class: 'button', type: 'button' }, text(drained ? 'host-resume' : 'host-drain'))
    button.addEventListener('click', () => whileBusy(button, () => press(`hosts ${drained ? 'resume' : 'drain'} host:${id}`).then(refresh)))
    const doing = devices.map((device) => `${device.name}: ${text(device.busy ? 'host-busy' : 'host-free')}`)
    return el(
      'li',
      { class: 'queued', 'data-state': devices.some(({ busy }) => busy) ? 'running' : 'waiting' },
      el(
        'div',
        { class: 'queued-words' },
        el('p', { class: 'queued-prompt' }, name),
        el('p', { class: 'quiet' }, [drained ? text('host-drained') : '', ...doing].filter(Boolean).join(' · ')),
      ),
      button,
    )
  }

  /** @param {QueuedView} row @param {number} n */
  function rowOf({ job, state, own, by, prompt, style, ahead, leftMs, mayCancel }, n) {
    const place = state === 'running' ? text('queue-drawing') : ahead ? text('queue-place', { ahead }) : text('queue-next')
    const cancel = mayCancel && el('button', { class: 'button danger', type: 'button' }, icon('cross'), text('cancel'))
    if (cancel) cancel.addEventListener('click', () => whileBusy(cancel, () => press(`cancel job:${job}`).then(refresh)))
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
