// Validation rules: what Discord refuses though its OpenAPI allows it, and what this project asks of itself besides. Each names its source:
// pages of https://docs.discord.com/developers.

import { Locale } from 'discord.js'

type Data = Readonly<Record<string, unknown>>

const languages: ReadonlySet<string> = new Set(Object.values(Locale))

const componentsV2 = 1 << 15
const ephemeral = 1 << 6

/** Of a message that is made or edited. `files` are the names of the files sent along. */
export function wrongMessage(data: Data, files: readonly string[], { create }: { readonly create: boolean }): string[] {
  const wrong: string[] = []
  const flags = Number(data['flags'] ?? 0)
  const v2 = (flags & componentsV2) !== 0
  const content = data['content']
  const components = list(data['components'])
  const all = [...walk(components)]
  // resources/message: 2000 for bots; interactions/receiving-and-responding and components/reference for version 2
  if (typeof content === 'string' && content.length > 2000) wrong.push('content has more than 2000 characters')
  if (v2 && (content || list(data['embeds']).length > 0)) wrong.push('content or embeds together with components of version 2')
  if (!v2 && all.some(({ type }) => Number(type) >= 9 && Number(type) <= 17)) wrong.push('components of version 2 without their flag')
  if (!v2 && components.length > 5) wrong.push('more than 5 rows')
  if (all.length > 40) wrong.push(`${all.length} components: 40 are the most`)
  const text = all.filter(({ type }) => type === 10).reduce((chars, one) => chars + String(one['content']).length, 0)
  if (text > 4000) wrong.push(`${text} characters of text: 4000 are the most`)
  if (create && v2 && components.length === 0) wrong.push('an empty message')
  if (create && !v2 && !content && components.length === 0 && files.length === 0) wrong.push('an empty message')
  wrong.push(...twice('custom_id', all), ...twice('id', all), ...wrongButtons(all), ...wrongLists(all), ...wrongFiles(data, all, files))
  // an edit without it is read with the default, which pings
  const mentions = data['allowed_mentions'] as Data | undefined
  const users = list<string>(mentions?.['users'])
  if (!mentions || !Array.isArray(mentions['parse']) || mentions['parse'].length > 0 || users.length > 1 || mentions['roles'])
    wrong.push('allowed_mentions must be { parse: [] }, with one person at most')
  if (users.some((id) => !all.some(({ content }) => String(content ?? '').startsWith(`<@${id}>`))))
    wrong.push('who may be mentioned is not')
  if (!create && (flags & ephemeral) !== 0) wrong.push('an edit cannot hide a message')
  return wrong
}

/** Of `type` and `data` that respond to an interaction. */
export function wrongCallback(body: Data, files: readonly string[]): string[] {
  const data = (body['data'] ?? {}) as Data
  switch (body['type']) {
    case 4:
      return wrongMessage(data, files, { create: true })
    case 5:
      return (Number(data['flags'] ?? 0) & ~ephemeral) !== 0 ? ['a deferred response takes only the flag that hides it'] : []
    case 8:
      return wrongChoices(list(data['choices']))
    case 9:
      return wrongModal(data)
    default:
      return []
  }
}

export function wrongCommands(commands: readonly Data[]): string[] {
  const wrong = [...twice('name', commands)]
  if (commands.length > 100) wrong.push('more than 100 commands')
  for (const command of commands) {
    const name = String(command['name'])
    if (!/^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u.test(name) || name !== name.toLowerCase()) wrong.push(`'${name}' is no name`)
    wrong.push(...wrongOptions(list(command['options']), name))
    wrong.push(...wrongLanguages(command))
    const chars = charsOf(command)
    if (chars > 8000) wrong.push(`${name} has ${chars} characters: 8000 are the most`)
    const contexts = list<number>(command['contexts'])
    // tutorials/developing-a-user-installable-app
    if (contexts.includes(2) && !list<number>(command['integration_types']).includes(1))
      wrong.push(`${name}: private channels need an installation by people`)
  }
  return wrong
}

function wrongOptions(options: readonly Data[], path: string): string[] {
  const wrong = twice('name', options).map((one) => `${path}: ${one}`)
  if (options.length > 25) wrong.push(`${path} has more than 25 options`)
  let optional = false
  for (const option of options) {
    const name = `${path} ${String(option['name'])}`
    if (!/^[-_\p{L}\p{N}]{1,32}$/u.test(String(option['name'])) || String(option['name']) !== String(option['name']).toLowerCase())
      wrong.push(`'${name}' is no name`)
    if (option['required'] && optional) wrong.push(`${name} is required after an optional one`)
    if (!option['required']) optional = true
    const choices = list(option['choices'])
    if (choices.length > 0 && option['autocomplete']) wrong.push(`${name} has choices and completion`)
    wrong.push(...wrongChoices(choices).map((one) => `${name}: ${one}`), ...wrongOptions(list(option['options']), name))
  }
  return wrong
}

function wrongLanguages(node: Data): string[] {
  const spoken = [node['name_localizations'], node['description_localizations']].flatMap((one) => Object.keys(one ?? {}))
  const inner = [...list(node['options']), ...list(node['choices'])].flatMap(wrongLanguages)
  return [...spoken.filter((tag) => !languages.has(tag)).map((tag) => `Discord does not speak ${tag}`), ...inner]
}

/** In every language; each counts with its longest. */
function charsOf(node: Data): number {
  const longest = (key: string): number => {
    const others = Object.values((node[`${key}_localizations`] ?? {}) as Readonly<Record<string, string>>)
    return Math.max(String(node[key] ?? '').length, ...others.map((one) => one.length))
  }
  const value = typeof node['value'] === 'string' ? node['value'].length : 0
  const inner = [...list(node['options']), ...list(node['choices'])].reduce((chars, one) => chars + charsOf(one), 0)
  return longest('name') + longest('description') + value + inner
}

function wrongChoices(choices: readonly Data[]): string[] {
  const wrong = [...twice('name', choices)]
  if (choices.length > 25) wrong.push('more than 25 choices')
  for (const { name, value } of choices) {
    if (String(name).length < 1 || String(name).length > 100) wrong.push(`the name '${String(name)}' of a choice`)
    if (typeof value === 'string' && (value.length < 1 || value.length > 100)) wrong.push(`the value '${value}' of a choice`)
  }
  return wrong
}

function wrongModal(data: Data): string[] {
  const labels = list(data['components'])
  const inputs = labels.map((label) => label['component'] as Data)
  const wrong = [...twice('custom_id', inputs)]
  if (labels.length > 5) wrong.push('a dialog has at most 5 fields')
  for (const { custom_id, value, min_length, max_length, required, options } of inputs) {
    if (typeof value === 'string' && (value.length > Number(max_length ?? 4000) || value.length < Number(min_length ?? 0)))
      wrong.push(`what stands in ${String(custom_id)} is too long or too short for it`)
    if (required && options && list(options).length === 0) wrong.push(`${String(custom_id)} has nothing to choose`)
  }
  return wrong
}

function wrongButtons(all: readonly Data[]): string[] {
  const wrong: string[] = []
  for (const { type, style, custom_id, label, emoji } of all) {
    if (type !== 2) continue
    if (style !== 5 && !custom_id) wrong.push('a button without custom_id')
    if (!label && !emoji) wrong.push('a button without label and emoji')
    const name = (emoji as Data | undefined)?.['name']
    if (typeof name === 'string' && !/^\p{RGI_Emoji}$/v.test(name)) wrong.push(`'${name}' is no emoji`)
  }
  return wrong
}

function wrongLists(all: readonly Data[]): string[] {
  return all.filter(({ type }) => type === 3).flatMap(({ options }) => twice('value', list(options)))
}

function wrongFiles(data: Data, all: readonly Data[], files: readonly string[]): string[] {
  const wrong: string[] = []
  const attachments = list(data['attachments'])
  const names = attachments.map(({ filename }) => String(filename))
  const media = all
    .flatMap((one) => [one['media'], one['file'], ...list(one['items']).map((item) => item['media'])])
    .filter(Boolean) as Data[]
  const wanted = media.map(({ url }) => /^attachment:\/\/(.*)$/.exec(String(url))?.[1]).filter((name) => name !== undefined)
  for (const name of wanted) if (!names.includes(name)) wrong.push(`attachment://${name} is not among the attachments`)
  if (all.length > 0) for (const name of names) if (!wanted.includes(name)) wrong.push(`${name} is shown by no component`)
  if (attachments.length !== files.length) wrong.push(`${attachments.length} attachments and ${files.length} files`)
  for (const name of files) if (!/^[\w.-]+$/.test(name)) wrong.push(`'${name}' is no plain file name`)
  if (new Set(names).size < names.length) wrong.push('two files of one name')
  return wrong
}

/** Every component, however deep. */
export function* walk(components: readonly Data[]): Generator<Data> {
  for (const component of components) {
    yield component
    yield* walk(list(component['components']))
    if (component['accessory']) yield* walk([component['accessory'] as Data])
  }
}

function twice(key: string, all: readonly Data[]): string[] {
  const values = all.map((one) => one[key]).filter((value) => value !== undefined)
  return values.filter((value, i) => values.indexOf(value) !== i).map((value) => `${key} ${String(value)} comes twice`)
}

function list<T = Data>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : []
}
