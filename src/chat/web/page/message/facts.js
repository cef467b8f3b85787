// Labelled values: the settings of an animation, what holds here.

/** @import { Fact } from '../../../contract/outgoing.ts' */

import { el } from '../element.js'

/** Short ones side by side, sentences one below the other. @param {readonly Fact[]} facts */
export function factsOf(facts) {
  const long = facts.some(({ value }) => value.length > 30)
  const pairs = facts.map(({ label, value }) => el('div', { class: 'fact' }, el('dt', {}, label), el('dd', {}, value)))
  return el('dl', { class: long ? 'facts long' : 'facts' }, ...pairs)
}
