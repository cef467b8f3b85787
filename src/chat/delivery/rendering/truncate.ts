// Truncation: a message cut to what its platform takes. Nothing is cut in the middle of a character, and what is left out is marked.

import type { Item, Outgoing } from '../../contract/outgoing.ts'
import { shortened } from '../../contract/plain-text.ts'
import type { PlatformLimits } from '../../contract/platform.ts'

export function truncate(outgoing: Outgoing, limits: PlatformLimits): Outgoing {
  const { text, quote, facts = [], items = [], buttons = [], progress, ...rest } = outgoing
  const beyond = facts.slice(limits.facts).map(({ label, value }) => `${label} ${value}`)
  return {
    ...rest,
    text: shortened([text, ...beyond].join('\n'), limits.textChars),
    ...(quote && { quote: shortened(quote, limits.quoteChars) }),
    ...(progress && { progress: { ...progress, text: shortened(progress.text, limits.factChars) } }),
    ...(facts.length > 0 && {
      facts: facts.slice(0, limits.facts).map(({ label, value }) => ({ label, value: shortened(value, limits.factChars) })),
    }),
    ...(items.length > 0 && { items: items.slice(0, limits.items).map((item) => truncateItem(item, limits)) }),
    ...(buttons.length > 0 && { buttons: buttons.slice(0, limits.buttons) }),
  }
}

/** Undefined where there are none. */
export function withoutPictures({ picture, items = [], ...words }: Outgoing): Outgoing | undefined {
  if (!picture && !items.some((item) => item.picture)) return undefined
  return { ...words, ...(items.length > 0 && { items: items.map(({ picture: _, ...item }) => item) }) }
}

function truncateItem({ title, text, ...rest }: Item, { factChars }: PlatformLimits): Item {
  return { ...rest, title: shortened(title, factChars), ...(text && { text: shortened(text, factChars) }) }
}
