// An animation that loops by itself, and can be stopped. A preview is overtaken by the next without a flicker.

/** @import { ShownPicture } from '../../page-json.ts' */

import { el, fill } from '../element.js'
import { icon } from '../icons.js'
import { isCalm } from '../preferences.js'
import { text } from '../texts.js'

/**
 * @typedef {object} PictureView
 * @property {HTMLElement} element
 * @property {(picture: ShownPicture, passing?: boolean) => void} show
 */

/** @returns {PictureView} */
export function createPicture() {
  const frame = el('div', { class: 'picture-frame' })
  const toggle = el('button', { class: 'picture-toggle', type: 'button', onClick: () => play(!playing) })
  const element = el('figure', { class: 'picture' }, frame, toggle)
  let playing = !isCalm()
  let shown = ''
  /** @type {HTMLImageElement | HTMLVideoElement | undefined} */
  let moving

  /** @param {boolean} wanted */
  function play(wanted) {
    playing = wanted
    toggle.setAttribute('aria-label', text(playing ? 'pause' : 'play'))
    fill(toggle, icon(playing ? 'pause' : 'play'))
    if (moving instanceof HTMLVideoElement) void (playing ? moving.play().catch(() => {}) : moving.pause())
    else if (moving) fill(frame, playing ? moving : still(moving))
  }

  return {
    element,
    show({ url, format, width, height, alt }, passing = false) {
      if (url === shown) return
      shown = url
      const longer = Math.max(width, height) > 320 ? 400 : 320
      const scale = longer / Math.max(width, height)
      element.style.setProperty('--ratio', `${width} / ${height}`)
      element.style.setProperty('--width', `${Math.round(width * scale)}px`)
      element.classList.toggle('passing', passing)
      if (format === 'mp4') {
        moving = el('video', { src: url, loop: true, playsinline: true, autoplay: playing, preload: 'auto', 'aria-label': alt })
        moving.muted = true
        moving.addEventListener('error', () => fill(frame, gone(alt)))
        fill(frame, moving)
        play(playing)
        return
      }
      const next = el('img', { src: url, alt, decoding: 'async' })
      next.addEventListener('error', () => {
        if (shown === url && !passing) fill(frame, gone(alt))
      })
      next.decode().then(
        () => {
          if (shown !== url) return
          moving = next
          play(playing)
        },
        () => {},
      )
    },
  }
}

/** The first frame of it, which does not move. @param {HTMLImageElement} image */
export function still(image) {
  const canvas = el('canvas', { width: image.naturalWidth, height: image.naturalHeight, role: 'img', 'aria-label': image.alt })
  canvas.getContext('2d')?.drawImage(image, 0, 0)
  return canvas
}

/** @param {string} alt */
function gone(alt) {
  return el('p', { class: 'picture-gone', title: alt }, text('picture-gone'))
}
