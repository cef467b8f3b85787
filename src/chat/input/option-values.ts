// Option values: from what came in for each option to values of the declared kinds. What is out of range is refused, never bent. Pure.

import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Attachment } from '../contract/attachment.ts'
import type { OptionInput } from '../contract/incoming.ts'
import { idOfMention, withNames } from '../contract/mention.ts'
import {
  type ChoiceOption,
  type FilesOption,
  fieldsOf,
  type IntegerOption,
  type NumberOption,
  numberIn,
  type Option,
  type Options,
  type Values,
} from '../contract/option.ts'
import { plainText, shortened } from '../contract/plain-text.ts'

type OptionValue = string | number | boolean | Attachment | readonly Attachment[]

/**
 * Every option of the declaration has a key; undefined where nothing was said and nothing is the default.
 * @throws UserError missing-option, unknown-option, not-a-number, not-whole, out-of-range, not-a-choice, not-yes-or-no, not-a-seed, too-long,
 *   not-a-file, file-too-large, file-not-text, too-many-files
 */
export function optionValues<Os extends Options>(options: Os, given: Readonly<Record<string, OptionInput>>): Values<Os> {
  const inputs = withFieldsGathered(options, given)
  for (const name of Object.keys(inputs)) {
    if (Object.hasOwn(options, name)) continue
    const names = Object.keys(options).join(', ') || '-'
    throw new UserError('unknown-option', `There is no option '${shortened(name, 40)}' here. There are: ${names}.`, {
      name: shortened(name, 40),
      names,
    })
  }
  const values: Record<string, OptionValue | undefined> = {}
  for (const [name, option] of Object.entries(options))
    values[name] = readValue(name, option, Object.hasOwn(inputs, name) ? inputs[name] : undefined)
  return values as Values<Os>
}

function readValue(name: string, option: Option, input: OptionInput | undefined): OptionValue | undefined {
  if (typeof input === 'object') return option.kind === 'files' ? filesValue(name, [input].flat(), option) : fileValue(name, input, option)
  const text = input === undefined ? '' : plainText(String(input))
  if (text === '') {
    if (option.required) throw new UserError('missing-option', `${name} is needed: ${lowerFirst(option.help)}.`, { name })
    return option.default
  }
  switch (option.kind) {
    case 'text':
      if (option.none && text.toLowerCase() === 'none') return ''
      return textValue(name, option.mention ? idOfMention(text) : withNames(text), option.maxChars)
    case 'integer':
    case 'number':
      return numberValue(name, text, option)
    case 'choice':
      return choiceValue(name, text, option)
    case 'flag':
      return flagValue(name, text)
    case 'seed':
      return seedValue(name, text)
    case 'file':
    case 'files':
      throw new UserError('not-a-file', `${name} is a file that is handed over, not words.`, { name })
  }
}

function textValue(name: string, text: string, maxChars: number): string {
  const chars = [...text].length
  if (chars <= maxChars) return text
  throw new UserError('too-long', `${name} may have ${maxChars} characters, and has ${chars}.`, { name, maxChars, chars })
}

function numberValue(name: string, text: string, { kind, min, max }: IntegerOption | NumberOption): number {
  const value = numberIn(text)
  if (value === undefined) {
    throw new UserError('not-a-number', `${name} is a number from ${min} to ${max}, not '${shortened(text, 40)}'.`, {
      name,
      min,
      max,
      text: shortened(text, 40),
    })
  }
  if (kind === 'integer' && !Number.isInteger(value)) {
    throw new UserError('not-whole', `${name} is a whole number from ${min} to ${max}, not ${shortened(text, 40)}.`, {
      name,
      min,
      max,
      text: shortened(text, 40),
    })
  }
  if (value < min || value > max) {
    throw new UserError('out-of-range', `${name} goes from ${min} to ${max}, and is ${shortened(text, 40)}.`, {
      name,
      min,
      max,
      text: shortened(text, 40),
    })
  }
  return value
}

function choiceValue(name: string, text: string, { choices }: ChoiceOption): string {
  const choice = choices.find((one) => one.toLowerCase() === text.toLowerCase())
  if (choice) return choice
  const list = choices.join(', ')
  throw new UserError('not-a-choice', `${name} is one of ${list}; not '${shortened(text, 40)}'.`, {
    name,
    choices: list,
    text: shortened(text, 40),
  })
}

function flagValue(name: string, text: string): boolean {
  if (/^(yes|true|on|1|是)$/i.test(text)) return true
  if (/^(no|false|off|0|否)$/i.test(text)) return false
  throw new UserError('not-yes-or-no', `${name} is yes or no, not '${shortened(text, 40)}'.`, { name, text: shortened(text, 40) })
}

function seedValue(name: string, text: string): string {
  const digits = text.normalize('NFKC')
  if (/^\d{1,20}$/.test(digits) && BigInt(digits) <= maxSeed) return String(BigInt(digits))
  throw new UserError('not-a-seed', `${name} is a whole number from 0 to ${maxSeed}, not '${shortened(text, 40)}'.`, {
    name,
    max: String(maxSeed),
    text: shortened(text, 40),
  })
}

/** What came in a field for each file is one input. */
function withFieldsGathered(options: Options, given: Readonly<Record<string, OptionInput>>): Readonly<Record<string, OptionInput>> {
  const inputs = { ...given }
  for (const [name, option] of Object.entries(options)) {
    if (option.kind !== 'files') continue
    const fields = fieldsOf(name, option)
    const files = fields.flatMap((field) => (Object.hasOwn(given, field) && typeof given[field] === 'object' ? given[field] : []))
    for (const field of fields) if (typeof given[field] === 'object') delete inputs[field]
    if (files.length > 0) inputs[name] = files
  }
  return inputs
}

function filesValue(name: string, files: readonly Attachment[], option: FilesOption): readonly Attachment[] {
  if (files.length > option.max)
    throw new UserError('too-many-files', `${name} takes ${option.max} files, and ${files.length} came.`, {
      name,
      max: option.max,
      count: files.length,
    })
  return files.map((file) => fileValue(name, file, option))
}

function fileValue(name: string, file: Attachment | readonly Attachment[], option: Option): Attachment {
  if ((option.kind !== 'file' && option.kind !== 'files') || !('url' in file))
    throw new UserError('file-not-text', `${name} is words or a number, not a file.`, { name })
  const { url, name: fileName, bytes, caption } = file
  if (bytes <= option.maxBytes) return { url, name: plainText(fileName).slice(0, 200), bytes, ...omitUndefined({ caption }) }
  throw new UserError('file-too-large', `${name} may have ${option.maxBytes} bytes, and has ${bytes}.`, {
    name,
    maxBytes: option.maxBytes,
    bytes,
  })
}

const maxSeed = 2n ** 64n - 1n

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}
