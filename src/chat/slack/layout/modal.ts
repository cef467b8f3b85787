// A modal: a form as Slack shows it, and what was filled in as a command again. What Slack sends back says nothing of where the dialog was
// opened, so the modal carries it. Pure.

import type { types } from '@slack/bolt'
import { z } from 'zod'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Attachment } from '../../contract/attachment.ts'
import { emptiableIn } from '../../contract/emptied-fields.ts'
import type { Choice, OptionInput } from '../../contract/incoming.ts'
import { type IntegerOption, type NumberOption, numberIn, type Option } from '../../contract/option.ts'
import type { Field, Form } from '../../contract/outgoing.ts'
import { type Address, addressSchema } from '../address.ts'
import { plain } from './mrkdwn.ts'

/** Of all our modals. */
export const formCallback = 'form'

const metadataSchema = z.object({
  command: z.string(),
  action: z.string().optional(),
  fixed: z.record(z.string(), z.string()),
  emptiable: z.array(z.string()).optional(),
  address: addressSchema,
})

/** What a modal carries: which command it ends in, which fields say `none` when they are emptied, and where it was opened. */
export type ModalMetadata = z.infer<typeof metadataSchema>

export function viewOf(form: Form, { trigger: _, ...address }: Address): types.ModalView {
  const { command, action, fixed } = form
  return {
    type: 'modal',
    callback_id: formCallback,
    title: plain(form.title, 24),
    submit: plain(form.submit, 24),
    private_metadata: metadataJson({ command, ...omitUndefined({ action }), fixed, emptiable: emptiableIn(form.fields), address }),
    blocks: form.fields.map(blockOf),
  }
}

/** Without the signs that Slack may escape on its way. */
function metadataJson(carried: ModalMetadata): string {
  return JSON.stringify(carried).replace(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

/** Undefined where it is not one of ours, or of a version that wrote it differently. */
export function readMetadata(privateMetadata: string): ModalMetadata | undefined {
  try {
    return metadataSchema.safeParse(JSON.parse(privateMetadata)).data
  } catch {
    return undefined
  }
}

/** Fields that were left empty are absent. */
export function filledIn(values: Submitted): Record<string, OptionInput> {
  const options: Record<string, OptionInput> = {}
  for (const [name, elements] of Object.entries(values)) {
    const [element] = Object.values(elements)
    const files = (element?.files ?? []).flatMap((file) => attachmentOf(file) ?? [])
    const picked = element?.selected_option?.value ?? element?.selected_conversation ?? element?.selected_user
    const input = picked ?? element?.value ?? (files.length > 1 ? files : files[0])
    if (input !== undefined && input !== '') options[name] = input
  }
  return options
}

export function optionsOf(choices: readonly Choice[]): types.PlainTextOption[] {
  return choices.filter(({ value }) => value !== '').map(({ value, label }) => ({ text: plain(label, 75), value }))
}

export const fileSchema = z.object({
  id: z.string().optional(),
  name: z.string().default('file'),
  size: z.number().default(0),
  alt_txt: z.string().nullish(),
  url_private_download: z.string().optional(),
  url_private: z.string().optional(),
})

export type SlackFile = z.infer<typeof fileSchema>

/** Undefined where Slack says no address: it is a file of another workspace, and `files.info` tells. */
export function attachmentOf({ name, size, alt_txt, ...urls }: SlackFile): Attachment | undefined {
  const url = urls.url_private_download ?? urls.url_private
  return url === undefined ? undefined : { url, name, bytes: size, ...(alt_txt && { caption: alt_txt }) }
}

export const submittedSchema = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({
      value: z.string().nullish(),
      selected_conversation: z.string().nullish(),
      selected_user: z.string().nullish(),
      selected_option: z.object({ value: z.string() }).nullish(),
      files: z.array(fileSchema).nullish(),
    }),
  ),
)

export type Submitted = z.infer<typeof submittedSchema>

function blockOf({ name, option, label, help, choices, value }: Field): types.InputBlock {
  const range = option.kind === 'integer' || option.kind === 'number' ? `${option.min} – ${option.max}` : undefined
  const hint = [help, range].filter((words) => words !== undefined).join(' · ')
  return {
    type: 'input',
    block_id: name,
    optional: option.required !== true,
    label: plain(label, 150),
    ...(hint !== '' && { hint: plain(hint, 150) }),
    element: elementOf(name, option, value || undefined, choices),
  }
}

function elementOf(name: string, option: Option, value: string | undefined, choices: Field['choices']): types.InputBlock['element'] {
  switch (option.kind) {
    case 'integer':
    case 'number':
      return {
        type: 'number_input',
        action_id: name,
        is_decimal_allowed: option.kind === 'number',
        min_value: String(option.min),
        max_value: String(option.max),
        ...omitUndefined({ initial_value: value && fittingNumber(value, option) }),
      }
    case 'choice':
      return select(name, option.choices, value, choices)
    case 'flag':
      return select(name, ['yes', 'no'], value)
    case 'seed':
      return input(name, 20, value)
    case 'file':
      return { type: 'file_input', action_id: name, max_files: 1 }
    case 'files':
      return { type: 'file_input', action_id: name, max_files: Math.min(10, option.max) }
    case 'text':
      if (option.mention === 'channel')
        return { type: 'conversations_select', action_id: name, filter: { include: ['public', 'private'], exclude_bot_users: true } }
      // of user groups there is no list to pick from; they are mentioned in a typed command
      if (option.mention === 'role-or-person') return { type: 'users_select', action_id: name }
      // words to write are written, whatever is suggested; names are picked
      if (option.complete === undefined || option.complete === 'prompt') return input(name, option.maxChars, value)
      return {
        type: 'external_select',
        action_id: name,
        min_query_length: 0,
        ...(value !== undefined && { initial_option: optionsOf([{ value: value.slice(0, 150), label: value }])[0]! }),
      }
  }
}

/** Slack opens no dialog that has anything but a number between the bounds in such a field; of a number, six decimals are shown. */
function fittingNumber(text: string, { kind, min, max }: IntegerOption | NumberOption): string | undefined {
  const value = numberIn(text)
  if (value === undefined || value < min || value > max || (kind === 'integer' && !Number.isInteger(value))) return undefined
  return String(Number(value.toFixed(6)))
}

function select(name: string, choices: readonly string[], value: string | undefined, labels: Field['choices'] = {}): types.StaticSelect {
  const initial = choices.find((choice) => choice === value)
  return {
    type: 'static_select',
    action_id: name,
    options: optionsOf(choices.map((choice) => ({ value: choice, label: labels[choice] ?? choice }))),
    ...(initial !== undefined && { initial_option: optionsOf([{ value: initial, label: labels[initial] ?? initial }])[0]! }),
  }
}

function input(name: string, maxChars: number, value: string | undefined): types.PlainTextInput {
  const most = Math.min(maxChars, 3000)
  return {
    type: 'plain_text_input',
    action_id: name,
    multiline: maxChars > 200,
    max_length: most,
    ...(value !== undefined && { initial_value: value.slice(0, most) }),
  }
}
