// Style picks: the styles of a place to pick from in a dialog, where they are few enough for the platform's lists.

import type { CommandContext } from '../contract/command-context.ts'
import type { Choice } from '../contract/incoming.ts'
import type { Field, Form } from '../contract/outgoing.ts'
import { shortened } from '../contract/plain-text.ts'
import { say } from '../contract/reply.ts'
import type { Locale } from '../locales/locale.ts'
import { speak } from '../locales/speak.ts'
import { autocomplete } from './autocomplete.ts'

/** @param limit of choices in a list */
export async function withStylePicks(form: Form, context: CommandContext, limit: number, locale: Locale): Promise<Form> {
  if (!form.fields.some(isOfStyle)) return form
  const styles = await autocomplete('style', '', limit + 1, context)
  return { ...form, fields: form.fields.map((field) => (isOfStyle(field) ? withPicks(field, styles, limit, locale) : field)) }
}

function withPicks(field: Field, styles: readonly Choice[], limit: number, locale: Locale): Field {
  // a list that may be left empty says nothing of no style, which is a choice too
  const none = field.option.required ? [] : [{ value: 'none', label: shortened(speak(locale, say('none')), 100) }]
  const picks = [...none, ...styles]
  // what stands there must not get lost because it is not in the list
  const isKnown = !field.value || picks.some(({ value }) => value === field.value)
  return picks.length > 0 && picks.length <= limit && isKnown ? { ...field, picks } : field
}

function isOfStyle({ option }: Field): boolean {
  return option.kind === 'text' && option.complete === 'style'
}
