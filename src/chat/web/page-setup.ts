// Page setup: what the page says and what can be said on it, in the person's language.

import { omitUndefined } from '../../omit-undefined.ts'
import type { Command } from '../contract/command.ts'
import type { Option } from '../contract/option.ts'
import type { Locale } from '../locales/locale.ts'
import { localeFor, locales } from '../locales/locales.ts'
import { choiceNamesIn, helpIn } from '../locales/speak.ts'
import type { OfferedAction, OfferedCommand, OfferedOption, PageSetup } from './page-json.ts'
import { textsIn } from './page-texts.ts'

export function pageSetup(tag: string, commands: readonly Command[]): PageSetup {
  const locale = localeFor(tag)
  return {
    language: locale.tags[0],
    languages: locales.map(({ tags }) => tags[0]),
    texts: textsIn(locale.tags[0]),
    commands: commands.map((command) => offered(command, locale)),
  }
}

function offered({ name, help, hidden, actions }: Command, locale: Locale): OfferedCommand {
  return {
    name,
    help: helpIn(locale, name, help),
    hidden: hidden ?? false,
    actions: Object.entries(actions).map(([action, { help, admin, options }]): OfferedAction => {
      const path = action === '' ? name : `${name}.${action}`
      return {
        name: action,
        help: helpIn(locale, path, help),
        admin: admin ?? false,
        options: Object.entries(options).map(([name, option]) => offeredOption(`${path}.${name}`, name, option, locale)),
      }
    }),
  }
}

function offeredOption(path: string, name: string, option: Option, locale: Locale): OfferedOption {
  const labels = option.kind === 'choice' ? choiceNamesIn(locale, option) : undefined
  return { name, help: helpIn(locale, path, option.help), option, ...omitUndefined({ labels }) }
}
