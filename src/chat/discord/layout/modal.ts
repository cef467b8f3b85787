// A modal: a Form as Discord shows it, and what comes back of it. What the form is for travels in the modal's own id: at most 100 characters.

import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APISelectMenuOption,
  ComponentType,
  TextInputStyle,
} from 'discord.js'
import { z } from 'zod'
import { emptiableIn } from '../../contract/emptied-fields.ts'
import type { Choice } from '../../contract/incoming.ts'
import type { Field, Form } from '../../contract/outgoing.ts'
import { shortened } from '../../contract/plain-text.ts'

/** Discord takes as many fields. */
const maxFields = 5

export function modalOf({ title, command, action, fixed, fields }: Form): APIModalInteractionResponseCallbackData {
  const shown = fields.slice(0, maxFields)
  const emptiable = emptiableIn(shown)
  const id = JSON.stringify([command, action ?? '', fixed, ...(emptiable.length > 0 ? [emptiable] : [])])
  if (id.length > 100) throw new Error(`what a dialog is for fits 100 characters on Discord, got ${id.length}`)
  return {
    custom_id: id,
    title: shortened(title, 45),
    components: shown.map(labelOf),
  }
}

export interface ModalPurpose extends Pick<Form, 'command' | 'action' | 'fixed'> {
  /** Fields that say `none` when they come back empty. */
  readonly emptiable: readonly string[]
}

/** What a modal was for; undefined where the id is not one of ours. */
export function purposeOf(id: string): ModalPurpose | undefined {
  try {
    const [command, action, fixed, emptiable = []] = purposeSchema.parse(JSON.parse(id))
    return { command, ...(action && { action }), fixed, emptiable }
  } catch {
    return undefined
  }
}

const purposeSchema = z.tuple([z.string(), z.string(), z.record(z.string(), z.string()), z.array(z.string()).optional()])

function labelOf(field: Field): APILabelComponent {
  const { label, help } = field
  return {
    type: ComponentType.Label,
    label: shortened(label, 45) || field.name,
    ...(help && { description: shortened(help, 100) }),
    component: inputOf(field),
  }
}

function inputOf({ name, option, value, choices, picks }: Field): APILabelComponent['component'] {
  const required = option.required === true
  switch (option.kind) {
    case 'choice':
      return stringSelect(
        name,
        option.choices.map((choice) => ({ value: choice, label: choices?.[choice] ?? choice })),
        value,
        required,
      )
    case 'flag':
      return { type: ComponentType.Checkbox, custom_id: name, default: value === 'yes' || value === 'true' }
    case 'file':
      return { type: ComponentType.FileUpload, custom_id: name, required, min_values: required ? 1 : 0, max_values: 1 }
    case 'files':
      return {
        type: ComponentType.FileUpload,
        custom_id: name,
        required,
        min_values: required ? 1 : 0,
        max_values: Math.min(10, option.max),
      }
    case 'text':
      if (option.mention)
        return { type: mentionSelects[option.mention], custom_id: name, required, min_values: required ? 1 : 0, max_values: 1 }
      if (picks) return stringSelect(name, picks, value || (required ? undefined : picks[0]?.value), required)
      return textInput(name, value, required, Math.min(option.maxChars, 4000))
    case 'integer':
    case 'number':
    case 'seed':
      return textInput(name, value, required, 20)
  }
}

const mentionSelects = {
  channel: ComponentType.ChannelSelect,
  role: ComponentType.RoleSelect,
  'role-or-person': ComponentType.MentionableSelect,
} as const

function stringSelect(
  name: string,
  choices: readonly Choice[],
  value: string | undefined,
  required: boolean,
): APILabelComponent['component'] {
  return {
    type: ComponentType.StringSelect,
    custom_id: name,
    required,
    options: choices.map(
      (choice): APISelectMenuOption => ({
        label: shortened(choice.label, 100),
        value: choice.value,
        ...(choice.value === value && { default: true }),
      }),
    ),
  }
}

function textInput(name: string, value: string | undefined, required: boolean, maxChars: number): APILabelComponent['component'] {
  return {
    type: ComponentType.TextInput,
    custom_id: name,
    style: maxChars > 100 ? TextInputStyle.Paragraph : TextInputStyle.Short,
    required,
    max_length: maxChars,
    ...(value && { value: value.slice(0, maxChars) }),
  }
}
