// What was chosen on this device: colours, language, whether pictures move. Nobody else is told.

/** @typedef {'auto' | 'light' | 'dark'} Theme */
/** @typedef {'auto' | 'play' | 'pause'} Motion */

const darkDevice = matchMedia('(prefers-color-scheme: dark)')
const calmDevice = matchMedia('(prefers-reduced-motion: reduce)')
const storage = openStorage()

export const preferences = {
  /** @returns {Theme} */
  get theme() {
    return among(storage.getItem('theme'), ['auto', 'light', 'dark'])
  },
  set theme(theme) {
    storage.setItem('theme', theme)
    if (theme === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  },

  /** @returns {Motion} */
  get motion() {
    return among(storage.getItem('motion'), ['auto', 'play', 'pause'])
  },
  set motion(motion) {
    storage.setItem('motion', motion)
  },

  /** BCP 47. */
  get locale() {
    return storage.getItem('locale') ?? navigator.language ?? 'en'
  },
  set locale(locale) {
    storage.setItem('locale', locale)
  },
}

/** Whether the page is dark now, by choice or as the device is. */
export function isDark() {
  return preferences.theme === 'auto' ? darkDevice.matches : preferences.theme === 'dark'
}

/** Whether pictures stand still until somebody plays them. */
export function isCalm() {
  return preferences.motion === 'auto' ? calmDevice.matches : preferences.motion === 'pause'
}

/**
 * @template {string} T
 * @param {string | null} value
 * @param {readonly [T, ...T[]]} known
 * @returns {T}
 */
function among(value, known) {
  return known.find((one) => one === value) ?? known[0]
}

/** @returns {Pick<Storage, 'getItem' | 'setItem'>} */
function openStorage() {
  try {
    return localStorage
  } catch {
    // forbidden along with cookies: what is chosen holds until the page is left
    const chosen = new Map()
    return { getItem: (key) => chosen.get(key) ?? null, setItem: (key, value) => void chosen.set(key, value) }
  }
}
