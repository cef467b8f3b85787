// Emptied fields: what stood in a dialog and was taken out there. An option of which nothing is said stays as it was, so such a field says
// `none`, which dialogs send for nobody: the adapter carries the names of these fields along.

import type { OptionInput } from './incoming.ts'
import type { Option } from './option.ts'
import type { Field } from './outgoing.ts'

/** Names of the fields that say `none` when they come back empty. */
export function emptiableIn(fields: readonly Field[]): string[] {
  return fields.filter(({ option, value }) => value && !option.required && knowsNone(option)).map(({ name }) => name)
}

/** @param filled what came back: without the fields that are empty */
export function withEmptied(filled: Readonly<Record<string, OptionInput>>, emptiable: readonly string[]): Record<string, OptionInput> {
  const emptied = emptiable.filter((name) => !Object.hasOwn(filled, name)).map((name) => [name, 'none'] as const)
  return { ...filled, ...Object.fromEntries(emptied) }
}

function knowsNone(option: Option): boolean {
  return option.kind === 'text' && (option.none === true || option.complete === 'style')
}
