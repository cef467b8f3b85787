// What changes in the conversation, as it changes. After a pause it goes on where it stopped.

/** @import { ShownMessage } from '../page-json.ts' */

/**
 * @typedef {object} StreamListener
 * @property {() => void} reset everything comes anew
 * @property {(message: ShownMessage) => void} message
 * @property {(count: number) => void} caughtUp of the messages that came
 * @property {(connected: boolean) => void} state
 * @property {() => Promise<void>} again asked before it goes on after it broke; fails while the server cannot be reached
 */

/** A browser has six connections to one server for all its windows together: a hidden one gives its own back. */
const hiddenMs = 20_000
const longestWaitMs = 15_000

/**
 * @param {() => string} locale
 * @param {StreamListener} listener
 * @returns {{ restart: () => void, end: () => void }} `restart`: from the beginning; `end`: for good
 */
export function openStream(locale, listener) {
  let last = ''
  let ended = false
  let waitMs = 500
  /** @type {EventSource | undefined} */
  let source
  /** @type {number | undefined} */
  let timer

  function close() {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }

  function open() {
    close()
    if (ended) return
    const opened = new EventSource(`/api/events?locale=${encodeURIComponent(locale())}&after=${last}`)
    source = opened
    /** @param {string} name @param {(data: string) => void} use */
    const on = (name, use) =>
      opened.addEventListener(name, (event) => {
        use(event.data)
        if (event.lastEventId) last = event.lastEventId
      })
    on('reset', () => listener.reset())
    on('message', (data) => listener.message(JSON.parse(data)))
    on('caught-up', (data) => listener.caughtUp(Number(data)))
    opened.addEventListener('open', () => {
      waitMs = 500
      listener.state(true)
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      listener.state(false)
      close()
      later()
    })
  }

  function later() {
    timer = window.setTimeout(() => listener.again().then(open, later), waitMs)
    waitMs = Math.min(longestWaitMs, waitMs * 2)
  }

  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      if (source) clearTimeout(timer)
      else open()
    } else timer = window.setTimeout(close, hiddenMs)
  })
  open()
  return {
    restart() {
      last = ''
      open()
    },
    end() {
      ended = true
      close()
    },
  }
}
