// Elements from names, attributes and children. Text goes in as text: nothing here reads markup.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string | number | boolean | ((event: any) => void) | undefined>>} [attributes] `onClick` listens; true and false set and leave out; undefined leaves out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2).toLowerCase(), value)
    else if (typeof value === 'boolean') element.toggleAttribute(name, value)
    else if (value !== undefined) element.setAttribute(name, String(value))
  }
  fill(element, ...children)
  return element
}

/**
 * In the place of what was there.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren()
  for (const child of children) if (child) element.append(child)
}

/** Tells people who do not see the page. @param {string} text */
export function announce(text) {
  const region = document.getElementById('announcements')
  if (region && text !== '') region.textContent = text
}
