// A client of our server (its API): every call there is. What it refuses comes back as a sentence in the page's language.

/** @import { Choice } from '../../contract/incoming.ts' */
/** @import { AnimationView, GpuHostView, Me, PageError, PageSetup, QueuedView, ShownMessage, StyleView } from '../page-json.ts' */

/** Its message is a sentence for people. */
export class Refused extends Error {}

/**
 * @typedef {object} Server
 * @property {() => Promise<Me>} hello
 * @property {() => Promise<PageSetup>} setup in the page's language
 * @property {(saying: object) => Promise<{ event: string, done: Promise<void> }>} say sends it; `done` when it has been worked on
 * @property {(typing: { command: string, action: string, option: string, typed: string }) => Promise<readonly Choice[]>} complete
 * @property {(asked: { command: string, action: string, given: Readonly<Record<string, string>> }) => Promise<Readonly<Record<string, string>>>} current what holds now, by option
 * @property {(file: File, onProgress?: (share: number) => void, beside?: string) => Promise<{ upload: string }>} upload beside an earlier one, which stays
 * @property {(before: number) => Promise<readonly ShownMessage[]>} earlier
 * @property {() => Promise<readonly QueuedView[]>} queue
 * @property {() => Promise<readonly GpuHostView[]>} hosts
 * @property {(from: number, search: string) => Promise<{ total: number, animations: readonly AnimationView[] }>} animations
 * @property {() => Promise<readonly StyleView[]>} styles
 * @property {(name: string) => Promise<Me>} rename
 * @property {(token: string) => Promise<Me>} signIn
 * @property {() => Promise<Me>} signOut
 * @property {() => Promise<void>} clear
 */

/**
 * @param {() => string} locale
 * @param {(key: string) => string} text
 * @returns {Server}
 */
export function createServer(locale, text) {
  /** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
  async function call(path, init) {
    const joined = `${path}${path.includes('?') ? '&' : '?'}locale=${encodeURIComponent(locale())}`
    const response = await fetch(joined, init).catch(() => {
      throw new Refused(text('error-offline'))
    })
    const body = await response.json().catch(() => undefined)
    if (response.ok) return body
    throw refused(body)
  }
  /** @param {unknown} body */
  function refused(body) {
    const { code = '', message = text('error-broken') } = /** @type {Partial<PageError>} */ (body ?? {})
    return new Refused(text(`error-${code}`) || message)
  }

  /**
   * fetch does not tell how much has gone up.
   * @param {File} file
   * @param {(share: number) => void} [onProgress]
   * @param {string} [beside]
   * @returns {Promise<{ upload: string }>}
   */
  function upload(file, onProgress, beside) {
    const request = new XMLHttpRequest()
    const query = new URLSearchParams({ name: file.name, locale: locale(), ...(beside && { beside }) })
    request.open('POST', `/api/upload?${query}`)
    request.responseType = 'json'
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 1))
    return new Promise((resolve, reject) => {
      request.addEventListener('load', () => (request.status < 300 ? resolve(request.response) : reject(refused(request.response))))
      request.addEventListener('error', () => reject(new Refused(text('error-offline'))))
      request.send(file)
    })
  }
  /** @param {string} path @param {object} [body] */
  const post = (path, body = {}) =>
    call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

  return {
    hello: () => post('/api/hello'),
    setup: () => call('/api/house'),
    async say(saying) {
      const event = newEvent()
      return { event, done: post('/api/say', { event, locale: locale(), ...saying }) }
    },
    complete: ({ action, ...typing }) => post('/api/complete', { locale: locale(), ...typing, ...(action && { action }) }),
    current: ({ action, ...asked }) => post('/api/current', { locale: locale(), ...asked, ...(action && { action }) }),
    upload,
    earlier: (before) => call(`/api/messages?before=${before}`),
    queue: () => call('/api/queue'),
    hosts: () => call('/api/hosts'),
    animations: (from, search) => call(`/api/animations?from=${from}${search && `&search=${encodeURIComponent(search)}`}`),
    styles: () => call('/api/styles'),
    rename: (name) => post('/api/name', { name }),
    signIn: (token) => post('/api/sign-in', { token }),
    signOut: () => post('/api/sign-out'),
    clear: () => post('/api/clear'),
  }
}

/** What somebody did, by a name that never comes twice: what is sent again after a lost answer is answered once. */
function newEvent() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => (byte % 36).toString(36)).join('')
}
