// What the page says, in the language that the server gave; filled with values.

/** Until the server has given them: why it has not. @type {Readonly<Record<string, string>>} */
let table = {
  retry: 'Try again',
  'load-failed': 'This could not be loaded. {why}',
  'error-broken': 'Something broke.',
  'error-offline': 'The server cannot be reached.',
}

/** @param {Readonly<Record<string, string>>} texts */
export function speak(texts) {
  table = texts
}

/** '' where there is no such text. @param {string} key @param {Readonly<Record<string, string | number>>} [values] */
export function text(key, values = {}) {
  return (table[key] ?? '').replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
}

/** A length of time as people say it, rounded as in the chat (../../locales/fill.ts). @param {number} ms */
export function duration(ms) {
  const s = Math.max(1, Math.ceil(ms / 1000))
  if (s < 90) return text('seconds', { n: s <= 20 ? s : Math.ceil(s / 5) * 5 })
  return s < 90 * 60 ? text('minutes', { n: Math.round(s / 60) }) : text('hours', { n: Math.round(s / 3600) })
}

/** How long ago something was, as people say it. @param {number} atMs */
export function ago(atMs) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'auto', style: 'short' })
  const minutes = Math.round((atMs - Date.now()) / 60_000)
  if (minutes > -60) return words.format(Math.min(0, minutes), 'minute')
  return minutes > -60 * 24 ? words.format(Math.round(minutes / 60), 'hour') : words.format(Math.round(minutes / 60 / 24), 'day')
}
