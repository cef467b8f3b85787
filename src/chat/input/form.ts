// A form: a dialog for the options of a command: those that a reply asks for, or all of them where nothing was said at all.

import { omitUndefined } from '../../omit-undefined.ts'
import type { Command } from '../contract/command.ts'
import type { Form } from '../contract/outgoing.ts'
import { type FormReply, say } from '../contract/reply.ts'
import type { Locale } from '../locales/locale.ts'
import { choiceNamesIn, helpIn, optionNameIn, speak } from '../locales/speak.ts'
import { findAction, findCommand } from './parse.ts'

/** Where a platform's dialogs hold fewer fields, the first ones are shown: required options come first. */
export function formOf({ title, command, action = '', fixed, fields }: FormReply, commands: readonly Command[], locale: Locale): Form {
  const { options, private: quiet } = findAction(findCommand(command, commands), action || undefined)
  const path = action === '' ? command : `${command}.${action}`
  return {
    title: speak(locale, title),
    command,
    ...(action !== '' && { action }),
    fixed,
    // what is shown to everybody is drawn
    submit: speak(locale, say(quiet ? 'button-ok' : 'button-draw')),
    fields: fields.flatMap(({ name, value }) => {
      const option = options[name]
      if (!option) return []
      return [
        {
          name,
          option,
          label: optionNameIn(locale, name),
          help: helpIn(locale, `${path}.${name}`, option.help),
          ...(option.kind === 'choice' && { choices: choiceNamesIn(locale, option) }),
          ...omitUndefined({ value }),
        },
      ]
    }),
  }
}

/** Undefined where the command can be run with nothing said. */
export function formReplyOf({ name, actions }: Command, action: string): FormReply | undefined {
  const { options } = actions[action]!
  if (!Object.values(options).some(({ required }) => required)) return undefined
  const fields = Object.keys(options).map((option) => ({ name: option }))
  const title = say('ask-title', { command: action === '' ? name : `${name} ${action}` })
  return { kind: 'form', title, command: name, ...(action !== '' && { action }), fixed: {}, fields }
}
