// Slack's rules for messages and dialogs, as its reference states them (docs.slack.dev/reference/block-kit, .../methods): there is
// no schema of Slack's own. What breaks one is refused with the place, as Slack does.

type Thing = Readonly<Record<string, unknown>>

/** Empty where Slack would take it. */
export function blockFaults(blocks: unknown, surface: 'message' | 'modal'): string[] {
  const most = surface === 'message' ? 50 : 100
  if (!Array.isArray(blocks)) return ['blocks must be an array [json-pointer:/blocks]']
  const faults: string[] = []
  const at = (fault: string, path: string) => faults.push(`${fault} [json-pointer:${path}]`)
  if (blocks.length > most) at(`no more than ${most} items allowed`, '/blocks')
  const ids = new Set<string>()
  for (const [n, block] of (blocks as Thing[]).entries()) {
    const path = `/blocks/${n}`
    const id = block['block_id']
    if (id !== undefined) {
      if (typeof id !== 'string' || id.length < 1 || id.length > 255) at('invalid block_id', `${path}/block_id`)
      else if (ids.has(id)) at('block_id is not unique', `${path}/block_id`)
      else ids.add(id)
    }
    const check = rules[String(block['type'])]
    if (!check || (block['type'] === 'input' && surface === 'message')) at(`unsupported block ${block['type']}`, path)
    else check(block, path, at)
  }
  if (surface === 'message') {
    const actions = (blocks as Thing[]).flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as Thing[]) : []))
    const names = actions.map((one) => one['action_id'])
    if (new Set(names).size < names.length) at('action_id is not unique', '/blocks')
    const chars = textsIn(blocks).reduce((sum, text) => sum + text.length, 0)
    if (chars > 13_200) faults.push('msg_blocks_too_long')
  }
  return faults
}

export function viewFaults(view: Thing): string[] {
  const faults: string[] = []
  const at: At = (fault, path) => faults.push(`${fault} [json-pointer:/view${path}]`)
  only(view, ['type', 'callback_id', 'title', 'submit', 'close', 'private_metadata', 'blocks'], '', at)
  if (view['type'] !== 'modal') at('must be a modal', '/type')
  plainText(view['title'], 24, '/title', at)
  if (view['submit'] !== undefined) plainText(view['submit'], 24, '/submit', at)
  else if ((view['blocks'] as Thing[]).some(({ type }) => type === 'input')) at('submit is needed with inputs', '')
  string(view['callback_id'], 1, 255, '/callback_id', at)
  string(view['private_metadata'] ?? '', 0, 3000, '/private_metadata', at)
  return [...faults, ...blockFaults(view['blocks'], 'modal')]
}

/** All mentions, links and broadcasts that Slack would make out of these arguments. */
export function pingsOf(args: Thing): number {
  const marked = [
    args['text'],
    ...objectsIn(args['blocks'])
      .filter(({ type }) => type === 'mrkdwn' || type === 'plain_text')
      .map(({ text }) => text),
  ]
  const special = marked.join('\n').match(/<[!@#][^>]*>/g)?.length ?? 0
  const elements = objectsIn(args['blocks']).filter(({ type }) => ['user', 'usergroup', 'broadcast', 'team'].includes(String(type))).length
  const named = args['link_names'] === true || args['parse'] === 'full' ? (String(args['text']).match(/@\w+/g)?.length ?? 0) : 0
  return special + elements + named
}

type At = (fault: string, path: string) => void
type Rule = (thing: Thing, path: string, at: At) => void

const rules: Readonly<Record<string, Rule>> = {
  rich_text(block, path, at) {
    only(block, ['type', 'block_id', 'elements'], path, at)
    each(block['elements'], 1, Number.POSITIVE_INFINITY, `${path}/elements`, at, (part, place) => {
      if (part['type'] !== 'rich_text_section' && part['type'] !== 'rich_text_quote') at('unsupported element', place)
      only(part, ['type', 'elements'], place, at)
      each(part['elements'], 1, Number.POSITIVE_INFINITY, `${place}/elements`, at, (element, where) => {
        if (element['type'] === 'text') string(element['text'], 1, 40_000, `${where}/text`, at)
        else if (element['type'] === 'emoji') string(element['name'], 1, 255, `${where}/name`, at)
        else if (element['type'] === 'user') string(element['user_id'], 1, 255, `${where}/user_id`, at)
        else if (element['type'] === 'link') string(element['url'], 1, 3000, `${where}/url`, at)
        else at(`unsupported element ${element['type']}`, where)
        only(
          element,
          { text: ['type', 'text', 'style'], user: ['type', 'user_id'], emoji: ['type', 'name'], link: ['type', 'url', 'text', 'style'] }[
            String(element['type'])
          ] ?? [],
          where,
          at,
        )
      })
    })
  },
  image(block, path, at) {
    only(block, ['type', 'block_id', 'slack_file', 'alt_text', 'title'], path, at)
    string(block['alt_text'], 1, 2000, `${path}/alt_text`, at)
    const file = block['slack_file'] as Thing | undefined
    if (!/^F[A-Z0-9]{8,}$/.test(String(file?.['id']))) at('input must match regex pattern: ^[F][A-Z0-9]{8,}$', `${path}/slack_file/id`)
  },
  actions(block, path, at) {
    only(block, ['type', 'block_id', 'elements'], path, at)
    each(block['elements'], 1, 25, `${path}/elements`, at, (element, place) => {
      only(element, ['type', 'action_id', 'text', 'value', 'style'], place, at)
      if (element['type'] !== 'button') at('unsupported element', place)
      string(element['action_id'], 1, 255, `${place}/action_id`, at)
      plainText(element['text'], 75, `${place}/text`, at)
      string(element['value'], 1, 2000, `${place}/value`, at)
      if (![undefined, 'primary', 'danger'].includes(element['style'] as string | undefined)) at('invalid style', `${place}/style`)
    })
  },
  input(block, path, at) {
    only(block, ['type', 'block_id', 'label', 'hint', 'optional', 'element'], path, at)
    plainText(block['label'], 2000, `${path}/label`, at)
    if (block['hint'] !== undefined) plainText(block['hint'], 2000, `${path}/hint`, at)
    const element = block['element'] as Thing
    string(element['action_id'], 1, 255, `${path}/element/action_id`, at)
    const check = inputs[String(element['type'])]
    if (check) check(element, `${path}/element`, at)
    else at(`unsupported element ${element['type']}`, `${path}/element`)
  },
}

const inputs: Readonly<Record<string, Rule>> = {
  plain_text_input(element, path, at) {
    only(element, ['type', 'action_id', 'multiline', 'max_length', 'initial_value'], path, at)
    const most = Number(element['max_length'])
    if (!(most >= 1 && most <= 3000)) at('must be from 1 to 3000', `${path}/max_length`)
    if (element['initial_value'] !== undefined) string(element['initial_value'], 0, most, `${path}/initial_value`, at)
  },
  number_input(element, path, at) {
    only(element, ['type', 'action_id', 'is_decimal_allowed', 'min_value', 'max_value', 'initial_value'], path, at)
    if (typeof element['is_decimal_allowed'] !== 'boolean') at('must be a boolean', `${path}/is_decimal_allowed`)
    const written = element['is_decimal_allowed'] ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/
    for (const name of ['min_value', 'max_value', 'initial_value']) {
      const value = element[name]
      if (value !== undefined && !(typeof value === 'string' && written.test(value))) at('must be a number in a string', `${path}/${name}`)
    }
    const [low, high, first] = [element['min_value'], element['max_value'], element['initial_value'] ?? element['min_value']].map(Number)
    if (!(low! <= first! && first! <= high!)) at('out of range', path)
  },
  static_select(element, path, at) {
    only(element, ['type', 'action_id', 'options', 'initial_option'], path, at)
    const options = element['options'] as Thing[]
    each(options, 1, 100, `${path}/options`, at, option(at))
    const initial = element['initial_option']
    const same = (one: unknown) => JSON.stringify(one) === JSON.stringify(initial)
    if (initial !== undefined && !options.some(same)) at('must be one of the options', `${path}/initial_option`)
  },
  external_select(element, path, at) {
    only(element, ['type', 'action_id', 'min_query_length', 'initial_option'], path, at)
    if (element['initial_option'] !== undefined) option(at)(element['initial_option'] as Thing, `${path}/initial_option`)
  },
  conversations_select(element, path, at) {
    only(element, ['type', 'action_id', 'filter', 'initial_conversation'], path, at)
    const { include, ...filter } = (element['filter'] ?? {}) as Thing
    only(filter, ['exclude_bot_users', 'exclude_external_shared_channels'], `${path}/filter`, at)
    const kinds = (include ?? []) as string[]
    if (kinds.some((kind) => !['im', 'mpim', 'private', 'public'].includes(kind))) at('invalid include', `${path}/filter/include`)
  },
  users_select(element, path, at) {
    only(element, ['type', 'action_id', 'initial_user'], path, at)
  },
  file_input(element, path, at) {
    only(element, ['type', 'action_id', 'max_files', 'filetypes'], path, at)
    const most = Number(element['max_files'])
    if (!(most >= 1 && most <= 10)) at('must be from 1 to 10', `${path}/max_files`)
  },
}

/** Also for what responds to a request for options. */
export function option(at: At): (thing: Thing, path: string) => void {
  return (thing, path) => {
    only(thing, ['text', 'value'], path, at)
    plainText(thing['text'], 75, `${path}/text`, at)
    string(thing['value'], 1, 150, `${path}/value`, at)
  }
}

function plainText(thing: unknown, most: number, path: string, at: At): void {
  const { type, text } = (thing ?? {}) as Thing
  if (type !== 'plain_text') at('must be plain_text', path)
  else string(text, 1, most, `${path}/text`, at)
}

function string(value: unknown, least: number, most: number, path: string, at: At): void {
  if (typeof value !== 'string') at('must be a string', path)
  else if (value.length < least) at(`must be more than ${least - 1} characters`, path)
  else if (value.length > most) at(`must be less than ${most + 1} characters`, path)
}

function each(list: unknown, least: number, most: number, path: string, at: At, check: (thing: Thing, path: string) => void): void {
  if (!Array.isArray(list) || list.length < least || list.length > most) at(`must have ${least} to ${most} items`, path)
  else for (const [n, one] of (list as Thing[]).entries()) check(one, `${path}/${n}`)
}

function only(thing: Thing, names: readonly string[], path: string, at: At): void {
  for (const name of Object.keys(thing)) if (!names.includes(name)) at(`invalid additional property: ${name}`, path)
}

function objectsIn(value: unknown): Thing[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (typeof value !== 'object' || value === null) return []
  return [value as Thing, ...Object.values(value).flatMap(objectsIn)]
}

function textsIn(blocks: unknown): string[] {
  return objectsIn(blocks).flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
}
