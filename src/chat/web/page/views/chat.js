// The conversation: what was said, in order, kept at its newest as long as nobody looks further up.

/** @import { Form } from '../../../contract/outgoing.ts' */
/** @import { ShownMessage } from '../../page-json.ts' */
/** @import { MessageActions, MessageView } from '../message/message.js' */
/** @import { Server } from '../api-client.js' */

import { announce, el, fill } from '../element.js'
import { icon } from '../icons.js'
import { createMessage, whileBusy } from '../message/message.js'
import { text } from '../texts.js'

/**
 * @typedef {object} Chat
 * @property {HTMLElement} element
 * @property {() => void} enter it is looked at again
 * @property {() => void} reset everything comes anew
 * @property {(message: ShownMessage) => void} show
 * @property {(count: number) => void} caughtUp of the messages that came, those that are shown nowhere among them
 * @property {(event: string) => () => void} expect shows that an answer is on its way, until it is there or the returned function is called
 * @property {(event: string) => Promise<ShownMessage | undefined>} answerTo
 */

/** As many as the server tells at once. */
const pageSize = 60
/** Gigabytes are fetched, looked at and drawn with. */
const answerMs = 30 * 60_000
/** Somebody this near to the end reads along. */
const nearPx = 120

/**
 * @param {object} options
 * @param {Server} options.server
 * @param {MessageActions} options.actions
 * @param {(form: Form) => void} options.open
 * @param {HTMLElement} options.empty shown to somebody who has not asked for anything yet
 * @returns {Chat}
 */
export function createChat({ server, actions, open, empty }) {
  /** @type {Map<string, { message: ShownMessage, view: MessageView }>} */
  const shown = new Map()
  /** @type {Map<string, (message: ShownMessage) => void>} */
  const expected = new Map()
  /** Who waits for what is answered. @type {Map<string, (message: ShownMessage) => void>} */
  const answers = new Map()
  /** What was done in this window, until its dialog has opened. @type {Set<string>} */
  const ours = new Set()
  /** What has been told of progress, in quarters. @type {Map<string, number>} */
  const told = new Map()
  let live = false
  let atEnd = true

  const list = el('div', { class: 'messages', role: 'log', 'aria-live': 'off', 'aria-label': text('conversation'), tabindex: -1 })
  const dots = el('p', { class: 'dots', hidden: true, 'aria-label': text('sending') }, el('span'), el('span'), el('span'))
  const earlier = el('button', { class: 'button usual earlier', type: 'button', hidden: true }, text('earlier'))
  earlier.addEventListener('click', () => whileBusy(earlier, loadEarlier))
  const newest = el(
    'button',
    { class: 'round newest', type: 'button', hidden: true, 'aria-label': text('newest'), title: text('newest'), onClick: toEnd },
    icon('down'),
  )
  const scroller = el('div', { class: 'scroller' }, el('div', { class: 'column' }, earlier, list, empty, dots))
  const element = el('div', { class: 'chat' }, scroller, newest)

  function toEnd() {
    atEnd = true
    scroller.scrollTop = scroller.scrollHeight
  }
  let top = 0
  scroller.addEventListener('scroll', () => {
    const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearPx
    // what grows below is no reason to stop reading along; scrolling up is
    if (near) atEnd = true
    else if (scroller.scrollTop < top) atEnd = false
    top = scroller.scrollTop
    newest.hidden = near
  })
  const keepEnd = new ResizeObserver(() => {
    if (atEnd) toEnd()
  })
  keepEnd.observe(list)
  keepEnd.observe(scroller)

  function offerSamples() {
    const messages = [...shown.values()].map(({ message }) => message)
    empty.hidden = messages.some(({ own, body }) => own && body)
    empty.classList.toggle('beside', messages.length > 0)
  }

  async function loadEarlier() {
    const first = [...shown.values()].reduce((least, { message }) => Math.min(least, message.sequence), Number.MAX_SAFE_INTEGER)
    const messages = await server.earlier(first)
    const before = scroller.scrollHeight - scroller.scrollTop
    for (const message of messages) place(message)
    earlier.hidden = messages.length < pageSize
    scroller.scrollTop = scroller.scrollHeight - before
  }

  /** @param {ShownMessage} message */
  function place(message) {
    const known = shown.get(message.message)
    if (message.body?.kind === 'form') return
    if (!message.body) {
      known?.view.element.remove()
      shown.delete(message.message)
      return
    }
    const view = known?.view ?? createMessage(actions)
    view.show(message)
    shown.set(message.message, { message, view })
    if (!known) {
      const after = [...shown.values()].filter((one) => one.message.sequence > message.sequence)
      const next = after.sort((a, b) => a.message.sequence - b.message.sequence)[0]
      list.insertBefore(view.element, next?.view.element ?? null)
    }
  }

  return {
    element,
    enter() {
      if (atEnd) toEnd()
      else scroller.scrollTop = top
    },
    reset() {
      live = false
      shown.clear()
      fill(list)
    },
    caughtUp(count) {
      earlier.hidden = count < pageSize
      offerSamples()
      // the list itself says what is new from here on
      if (!live && shown.size > 0) toEnd()
      live = true
    },
    show(message) {
      const { body, event } = message
      if (body?.kind === 'form') {
        if (event && ours.delete(event)) open(body.form)
      } else place(message)
      if (body && event && body.kind !== 'said') expected.get(event)?.(message)
      if (event && body?.kind === 'answer') {
        answers.get(event)?.(message)
        answers.delete(event)
      }
      offerSamples()
      if (live && body?.kind === 'answer') tellOf(message)
      if (body?.kind === 'said') toEnd()
    },
    expect(event) {
      ours.add(event)
      dots.hidden = false
      const over = () => {
        expected.delete(event)
        dots.hidden = expected.size === 0
      }
      expected.set(event, over)
      return over
    },
    answerTo(event) {
      const there = [...shown.values()].map(({ message }) => message).findLast((one) => one.event === event && one.body?.kind === 'answer')
      if (there) return Promise.resolve(there)
      return new Promise((resolve) => {
        answers.set(event, resolve)
        setTimeout(() => {
          answers.delete(event)
          resolve(undefined)
        }, answerMs)
      })
    },
  }

  /** Words for people who do not see the page: of answers once, of progress in quarters. @param {ShownMessage} message */
  function tellOf({ message, body, own }) {
    if (body?.kind !== 'answer') return
    const { tone, progress } = body
    const quarter = tone === 'running' ? Math.floor((progress?.done ?? 0) * 4) : tone === 'waiting' ? -1 : 4
    if (told.get(message) === quarter || (!own && quarter < 4)) return
    told.set(message, quarter)
    announce([body.text, progress?.text, quarter === 4 ? body.quote : ''].filter(Boolean).join(' '))
  }
}
