// The /settings command: what the admins of one place decide: where the bot draws, how much, which words, who may manage styles.

import {
  action,
  type CommandCall,
  type CommandContext,
  type CurrentValues,
  commandGroup,
  type Line,
  type Options,
  type Reply,
  type Settings,
  say,
  settingOption,
} from '../src/chat/contract/command.ts'
import { drawSettings } from '../src/draw-settings.ts'
import { UserError } from '../src/errors.ts'
import { omitUndefined } from '../src/omit-undefined.ts'
import { styleOf } from './animate.ts'

const channelOption = { kind: 'text', help: 'Which channel, if not this one', maxChars: 100, rest: true, mention: 'channel' } as const
const managerOption = {
  kind: 'text',
  help: 'A role or a person',
  required: true,
  maxChars: 100,
  rest: true,
  mention: 'role-or-person',
} as const
const roleOption = { kind: 'text', help: 'A role', required: true, maxChars: 100, rest: true, mention: 'role' } as const
const outcomes = ['refuse', 'strip', 'negative', 'restricted'] as const

export const settings = commandGroup({
  name: 'settings',
  help: 'What holds here: channels, limits, style, blocked words, who may manage styles',
  actions: {
    show: admins('Show what holds here', {}, () => undefined),
    set: admins(
      'Set limits and the style',
      {
        style: { kind: 'text', help: 'The style unless asked otherwise; none for none', maxChars: 100, complete: 'style' },
        'max-frames': settingOption('frames', 'Most frames of an animation'),
        'max-steps': settingOption('steps', 'Most steps of an animation'),
        'max-pixels': {
          kind: 'integer',
          help: 'Most pixels of a frame, width × height',
          min: 64,
          max: drawSettings.width.max * drawSettings.height.max,
        },
        'max-jobs': { kind: 'integer', help: 'Most requests of one person at a time', min: 1, max: 100 },
      },
      async ({ values, context }, now) => {
        checkJobs(values['max-jobs'], context)
        const style = values.style === undefined ? now.style : await styleOf(values.style, context)
        const { style: _style, ...rest } = now
        return {
          ...rest,
          ...omitUndefined({ style }),
          maxFrames: values['max-frames'] ?? now.maxFrames,
          maxSteps: values['max-steps'] ?? now.maxSteps,
          maxPixels: values['max-pixels'] ?? now.maxPixels,
          maxJobs: values['max-jobs'] ?? now.maxJobs,
        }
      },
      ({ style, maxFrames, maxSteps, maxPixels, maxJobs }, context) => ({
        ...omitUndefined({ style }),
        'max-frames': String(maxFrames),
        'max-steps': String(maxSteps),
        'max-pixels': String(maxPixels),
        'max-jobs': String(heldJobs(maxJobs, context)),
      }),
    ),
    allow: admins('Draw in this channel, and in no others but those allowed', { channel: channelOption }, ({ values, context }, now) => ({
      ...now,
      channels: withOne(now.channels, values.channel ?? context.channel.id),
    })),
    disallow: admins('No longer draw in this channel', { channel: channelOption }, ({ values, context }, now) => ({
      ...now,
      channels: withoutOne(now.channels, values.channel ?? context.channel.id),
    })),
    block: admins(
      'Block words in prompts',
      {
        words: { kind: 'text', help: 'Words or phrases, with commas between', required: true, maxChars: 1000, rest: true },
        outcome: { kind: 'choice', help: 'What happens to a prompt that has them', choices: outcomes, default: 'refuse' },
      },
      ({ values }, now) => {
        const words = listOf(values.words)
        const without = unblocked(now, words)
        if (values.outcome === 'restricted') return { ...without, restricted: words.reduce(withOne, without.restricted) }
        return { ...without, blocked: { ...without.blocked, [values.outcome]: words.reduce(withOne, without.blocked[values.outcome]) } }
      },
    ),
    unblock: admins(
      'Allow words again',
      { words: { kind: 'text', help: 'Words or phrases, with commas between', required: true, maxChars: 1000, rest: true } },
      ({ values }, now) => unblocked(now, listOf(values.words)),
    ),
    managers: admins(
      'Say who may manage styles besides the admins',
      { who: managerOption, remove: { kind: 'flag', help: 'No longer' } },
      ({ values }, now) => ({ ...now, styleManagers: (values.remove ? withoutOne : withOne)(now.styleManagers, values.who) }),
    ),
    priority: admins(
      'Give a role a double share of the turns',
      { who: roleOption, remove: { kind: 'flag', help: 'No longer' } },
      ({ values }, now) => ({
        ...now,
        priorityRoles: (values.remove ? withoutOne : withOne)(now.priorityRoles, values.who),
      }),
    ),
  },
})

/** An action of admins: changes what holds, then shows it. `change` gives undefined to change nothing. */
function admins<const Os extends Options>(
  help: string,
  options: Os,
  change: (call: CommandCall<Os>, now: Settings) => Settings | undefined | Promise<Settings>,
  valuesOf?: (now: Settings, context: CommandContext) => CurrentValues,
) {
  return action({
    help,
    options,
    admin: true,
    private: true,
    async run(call) {
      const changed = await call.context.settings.update((now) => change(call, now))
      return shown(call.context, say(changed ? 'settings-changed' : 'settings-list'))
    },
    ...(valuesOf && { current: async (_given: CurrentValues, context: CommandContext) => valuesOf(await context.settings.get(), context) }),
  })
}

async function shown(context: CommandContext, text: Line): Promise<Reply> {
  const now = await context.settings.get()
  const { channels, styleManagers, priorityRoles } = now
  const called = await context.namesOf([...channels, ...styleManagers, ...priorityRoles])
  const named = (ids: readonly string[]) => ids.map((id) => called.get(id) ?? id)
  const list = (words: readonly string[]): Line => (words.length === 0 ? say('none') : words.join(', '))
  return {
    kind: 'text',
    text,
    facts: [
      { label: say('setting-channels'), value: channels.length === 0 ? say('everywhere') : named(channels).join(', ') },
      { label: say('setting-style'), value: now.style ?? say('none') },
      { label: say('setting-max-frames'), value: String(now.maxFrames) },
      { label: say('setting-max-steps'), value: String(now.maxSteps) },
      { label: say('setting-max-pixels'), value: String(now.maxPixels) },
      { label: say('setting-max-jobs'), value: String(heldJobs(now.maxJobs, context)) },
      { label: say('setting-refuse'), value: list(now.blocked.refuse) },
      { label: say('setting-strip'), value: list(now.blocked.strip) },
      { label: say('setting-negative'), value: list(now.blocked.negative) },
      { label: say('setting-restricted'), value: list(now.restricted) },
      { label: say('setting-managers'), value: list(named(styleManagers)) },
      { label: say('setting-priority'), value: list(named(priorityRoles)) },
    ],
  }
}

/** @throws UserError over-limit */
function checkJobs(value: number | undefined, { mostJobs: max }: CommandContext): void {
  if (value === undefined || max === undefined || value <= max) return
  throw new UserError('over-limit', `max-jobs may be at most ${max} here, and is ${value}.`, { name: 'max-jobs', max, value })
}

/** A place may have decided on more before whoever runs the bot allowed less. */
function heldJobs(maxJobs: number, { mostJobs = maxJobs }: CommandContext): number {
  return Math.min(maxJobs, mostJobs)
}

function unblocked(now: Settings, words: readonly string[]): Settings {
  const { refuse, strip, negative } = now.blocked
  const rest = (list: readonly string[]) => words.reduce<string[]>(withoutOne, [...list])
  return { ...now, blocked: { refuse: rest(refuse), strip: rest(strip), negative: rest(negative) }, restricted: rest(now.restricted) }
}

/** @throws UserError no-words, too-long */
function listOf(words: string): string[] {
  const list = words
    .split(/[,，、;\n]/)
    .map((word) => word.trim().toLowerCase())
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  if (list.length === 0) throw new UserError('no-words', `There is no word in '${words}'.`, { words })
  const long = list.find((word) => word.length > 100)
  if (long)
    throw new UserError('too-long', `words may have 100 characters, and has ${long.length}.`, {
      name: 'words',
      maxChars: 100,
      chars: long.length,
    })
  return list
}

/** @throws UserError list-full */
function withOne(list: readonly string[], one: string): string[] {
  if (list.includes(one)) return [...list]
  if (list.length >= 100) throw new UserError('list-full', 'A list may have 100 entries: take one away first.', { max: 100 })
  return [...list, one]
}

function withoutOne(list: readonly string[], one: string): string[] {
  return list.filter((other) => other !== one)
}
