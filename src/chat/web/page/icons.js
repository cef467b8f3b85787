// The page's signs, drawn with one line. Emoji look different everywhere, and are missing on some machines.

/** On a grid of 24. @type {Readonly<Record<string, string>>} */
const paths = {
  die: 'M6 3h12a3 3 0 0 1 3 3v12a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zM8 8h.01M16 8h.01M12 12h.01M8 16h.01M16 16h.01',
  cross: 'M6 6l12 12M18 6L6 18',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9-5.3-2.9-5.3 2.9 1.1-5.9L3.500 9.700l5.900-.8z',
  letter: 'M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM3.500 6.500L12 13l8.500-6.500',
  brush: 'M20 4c-5 1-9 5-11 8l3 3c3-2 7-6 8-11zM9 12c-3 0-4 2-4 4 0 1.500-1 2.500-2 3 3 1 8 0 9-4',
  longer: 'M4 6l7 6-7 6zM13 6l7 6-7 6z',
  pencil: 'M4 20l1-4L16.500 4.500a1.500 1.500 0 0 1 2.100 0l.9.9a1.500 1.500 0 0 1 0 2.100L8 19z',
  send: 'M12 20V5M6 11l6-6 6 6',
  sliders: 'M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
  pause: 'M8 5v14M16 5v14',
  play: 'M8 5l11 7-11 7z',
  down: 'M12 5v14M6 13l6 6 6-6',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  chat: 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z',
  queue: 'M5 6h14M5 12h14M5 18h8',
  gallery: 'M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM4 16l5-5 4 4 3-3 4 4M15 8.500h.01',
  styles:
    'M12 3a9 9 0 1 0 0 18c1.500 0 2-1 1.500-2-.7-1.500.2-3 2-3H18a3 3 0 0 0 3-3c0-5.500-4-10-9-10zM7.500 12h.01M10 7.500h.01M15 7.500h.01',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 2.500v3M12 18.500v3M2.500 12h3M18.500 12h3M5.300 5.300l2.100 2.100M16.600 16.600l2.100 2.100M18.700 5.300l-2.100 2.100M7.400 16.600l-2.100 2.100',
  theme: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  copy: 'M9 8h10v12H9zM5 16V4h10',
  large: 'M4 9V4h5M20 15v5h-5M4 4l6 6M20 20l-6-6',
}

const names = /** @type {const} */ ({
  '🎲': 'die',
  '❌': 'cross',
  '⭐': 'star',
  '✉️': 'letter',
  '🎨': 'brush',
  '⏩': 'longer',
  '✏️': 'pencil',
})

/**
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(space, 'path')
  path.setAttribute('d', paths[name] ?? '')
  svg.append(path)
  return svg
}

/**
 * The sign that stands for an emoji; the emoji itself where there is none.
 * @param {string | undefined} emoji
 * @returns {SVGElement | string}
 */
export function iconOf(emoji) {
  const name = emoji && Object.hasOwn(names, emoji) ? names[/** @type {keyof typeof names} */ (emoji)] : undefined
  return name ? icon(name) : (emoji ?? '')
}
