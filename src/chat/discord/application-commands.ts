// Application commands: declarations of commands as Discord registers them: typed options, completion, languages, who may see them and where.

import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  Locale as DiscordLocale,
  InteractionContextType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js'
import type { Action, Command } from '../contract/command.ts'
import type { Option, Options } from '../contract/option.ts'
import type { Locale } from '../locales/locale.ts'
import { english, locales } from '../locales/locales.ts'
import { helpIn } from '../locales/speak.ts'

/** discord.js sends permissions as digits; Discord's OpenAPI wants a number. */
type CommandJson = Omit<RESTPostAPIChatInputApplicationCommandsJSONBody, 'default_member_permissions'> & {
  readonly default_member_permissions: number | null
}

/** @param installs for whom the application can be installed: servers, people, or both */
export function commandsJson(commands: readonly Command[], installs: readonly ApplicationIntegrationType[]): CommandJson[] {
  return commands.filter(({ hidden }) => !hidden).map((command) => commandJson(command, installs))
}

function commandJson(command: Command, installs: readonly ApplicationIntegrationType[]): CommandJson {
  const { name, help, actions } = command
  const single = actions['']
  const onlyAdmins = Object.values(actions).every(({ admin }) => admin)
  return {
    type: ApplicationCommandType.ChatInput,
    name,
    ...described(name, help),
    options: single ? optionsJson(name, single.options) : Object.entries(actions).map((entry) => actionJson(name, entry)),
    // servers may open it to others: the router checks again
    default_member_permissions: onlyAdmins ? Number(PermissionFlagsBits.ManageGuild) : null,
    integration_types: [...installs],
    contexts: [
      InteractionContextType.Guild,
      InteractionContextType.BotDM,
      // conversations of other people: only where they brought it along
      ...(installs.includes(ApplicationIntegrationType.UserInstall) ? [InteractionContextType.PrivateChannel] : []),
    ],
  }
}

function actionJson(command: string, [name, { help, options }]: readonly [string, Action]): APIApplicationCommandOption {
  const path = `${command}.${name}`
  return { type: ApplicationCommandOptionType.Subcommand, name, ...described(path, help), options: optionsJson(path, options) }
}

function optionsJson(path: string, options: Options): APIApplicationCommandBasicOption[] {
  const all = Object.entries(options)
  // Discord wants required ones first
  return [...all.filter(([, { required }]) => required), ...all.filter(([, { required }]) => !required)].map(([name, option]) =>
    optionJson(`${path}.${name}`, name, option),
  )
}

function optionJson(path: string, name: string, option: Option): APIApplicationCommandBasicOption {
  const common = { name, ...described(path, option.help), required: option.required === true }
  switch (option.kind) {
    case 'text':
      return {
        ...common,
        type: ApplicationCommandOptionType.String,
        max_length: Math.min(option.maxChars, maxTextChars),
        autocomplete: option.complete !== undefined,
      }
    case 'integer':
      return { ...common, type: ApplicationCommandOptionType.Integer, min_value: option.min, max_value: option.max }
    case 'number':
      return { ...common, type: ApplicationCommandOptionType.Number, min_value: option.min, max_value: option.max }
    case 'choice':
      return {
        ...common,
        type: ApplicationCommandOptionType.String,
        choices: option.choices.map((value) => ({ name: value, value, ...inLanguages('name', (locale) => locale.choices[value]) })),
      }
    case 'flag':
      return { ...common, type: ApplicationCommandOptionType.Boolean }
    case 'seed':
      // numbers end at 2^53 there
      return { ...common, type: ApplicationCommandOptionType.String, max_length: 20 }
    case 'file':
      return { ...common, type: ApplicationCommandOptionType.Attachment }
  }
}

const maxTextChars = 6000

function described(path: string, help: string) {
  return { description: help, ...inLanguages('description', (locale) => helpIn(locale, path, help)) }
}

/** What differs from the English, for each of Discord's languages that we speak. */
function inLanguages<const Key extends 'name' | 'description'>(
  key: Key,
  say: (locale: Locale) => string | undefined,
): { [K in `${Key}_localizations`]?: Record<string, string> } {
  const said = locales
    .filter((locale) => locale !== english)
    .flatMap((locale) => locale.tags.filter((tag) => known.has(tag)).map((tag) => [tag, say(locale)] as const))
    .filter((entry): entry is readonly [string, string] => entry[1] !== undefined)
  return said.length === 0
    ? {}
    : ({ [`${key}_localizations`]: Object.fromEntries(said) } as { [K in `${Key}_localizations`]: Record<string, string> })
}

const known: ReadonlySet<string> = new Set(Object.values(DiscordLocale))
