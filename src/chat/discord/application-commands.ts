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
import { fieldsOf, type Option, type Options } from '../contract/option.ts'
import type { Locale } from '../locales/locale.ts'
import { english, locales } from '../locales/locales.ts'
import { choiceNameIn, helpIn } from '../locales/speak.ts'

/** discord.js sends permissions as digits; Discord's OpenAPI wants a number. */
type CommandJson = Omit<RESTPostAPIChatInputApplicationCommandsJSONBody, 'default_member_permissions'> & {
  readonly default_member_permissions: number | null
}

/** @param installs for whom the application can be installed: servers, people, or both */
export function commandsJson(commands: readonly Command[], installs: readonly ApplicationIntegrationType[]): CommandJson[] {
  return commands
    .filter(({ hidden }) => !hidden)
    .flatMap(registeredAs)
    .map((one) => commandJson(one, installs))
}

/** The name under which our command is registered for those who may do more with it. */
const managing = 'manage-'

/** Our own name of a command that Discord has. */
export function declaredName(registered: string): string {
  return registered.startsWith(managing) ? registered.slice(managing.length) : registered
}

interface RegisteredCommand {
  readonly name: string
  /** Where its help and its actions are in locales. */
  readonly path: string
  readonly help: { readonly path: string; readonly english: string }
  readonly actions: readonly (readonly [string, Action])[]
  readonly restricted: boolean
}

/** Discord hides whole commands: what is not for everybody becomes a command of its own. */
function registeredAs({ name, help, managing: managingHelp, actions }: Command): RegisteredCommand[] {
  const all = Object.entries(actions)
  const restricted = all.filter(([, { admin, manager }]) => admin || manager)
  const open = all.filter((one) => !restricted.includes(one))
  const own = { name, path: name, help: { path: name, english: help } }
  if (restricted.length === 0 || open.length === 0) return [{ ...own, actions: all, restricted: open.length === 0 }]
  const more = { path: `${name}.managing`, english: managingHelp ?? help }
  return [
    { ...own, actions: open, restricted: false },
    { name: `${managing}${name}`, path: name, help: more, actions: restricted, restricted: true },
  ]
}

function commandJson(
  { name, path, help, actions, restricted }: RegisteredCommand,
  installs: readonly ApplicationIntegrationType[],
): CommandJson {
  const [only] = actions
  // where there is one thing to do, its name need not be picked: without one, the first is meant
  const single = actions.length === 1 && !restricted ? only : undefined
  return {
    type: ApplicationCommandType.ChatInput,
    name,
    ...described(help.path, help.english),
    options: single
      ? optionsJson(single[0] === '' ? path : `${path}.${single[0]}`, single[1].options)
      : actions.map((entry) => actionJson(path, entry)),
    // servers may open it to others: the router checks again
    default_member_permissions: restricted ? Number(PermissionFlagsBits.ManageGuild) : null,
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
  const all = Object.entries(options).filter(([, { typed }]) => !typed)
  // Discord wants required ones first
  return [...all.filter(([, { required }]) => required), ...all.filter(([, { required }]) => !required)].flatMap(([name, option]) =>
    // a field takes one file
    (option.kind === 'files' ? fieldsOf(name, option) : [name]).map((field) => optionJson(`${path}.${name}`, field, option)),
  )
}

function optionJson(path: string, name: string, option: Option): APIApplicationCommandBasicOption {
  const common = { name, ...described(path, option.help), required: option.required === true }
  switch (option.kind) {
    case 'text':
      if (option.mention) return { ...common, type: mentionTypes[option.mention] }
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
        choices: option.choices.map((value) => ({
          name: value,
          value,
          ...inLanguages('name', (locale) => choiceNameIn(locale, option, value)),
        })),
      }
    case 'flag':
      return { ...common, type: ApplicationCommandOptionType.Boolean }
    case 'seed':
      // numbers end at 2^53 there
      return { ...common, type: ApplicationCommandOptionType.String, max_length: 20 }
    case 'file':
    case 'files':
      return { ...common, type: ApplicationCommandOptionType.Attachment }
  }
}

/** Discord offers these to pick, by name. */
const mentionTypes = {
  channel: ApplicationCommandOptionType.Channel,
  role: ApplicationCommandOptionType.Role,
  'role-or-person': ApplicationCommandOptionType.Mentionable,
} as const

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
