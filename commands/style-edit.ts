// The action /styles edit: what a style does to a prompt and to a request, changed: strengths, words around the prompt, size, sampler, where it is
// offered.

import {
  action,
  type CommandContext,
  type CurrentValues,
  type Reply,
  type StyleEdits,
  say,
  settingOption,
  type Values,
} from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'
import { sizeOf } from './animate.ts'
import { styleName } from './style-add.ts'
import { cardFacts, previewButton, settingsOf, undoButton, withNotes } from './style-card.ts'

const words = { kind: 'text', maxChars: 500 } as const
const wordsOrNone = { ...words, none: true } as const

const options = {
  name: styleName,
  part: { kind: 'integer', help: 'Which of its files strength, word and drop are about', min: 1, max: 12 },
  strength: { kind: 'number', help: 'Of a LoRA: 1 is as it was trained', min: -4, max: 4 },
  word: { kind: 'text', help: 'Of a textual inversion: what stands for it in prompts', maxChars: 60 },
  drop: { kind: 'flag', help: 'Take that file away' },
  triggers: { ...wordsOrNone, help: 'Trigger words, put before every prompt; none for none' },
  before: { ...wordsOrNone, help: 'Words before every prompt; none for none' },
  after: { ...wordsOrNone, help: 'Words after every prompt; none for none' },
  negative: { ...wordsOrNone, help: 'What should not be in its pictures; none for none' },
  about: { ...wordsOrNone, help: 'What it looks like, in a sentence; none for none' },
  example: { ...words, help: 'A prompt that shows it well' },
  aliases: { ...wordsOrNone, help: 'Other names, with commas between; none for none' },
  size: { kind: 'text', help: 'Width x height in pixels, unless asked otherwise', maxChars: 20 },
  frames: settingOption('frames', 'Pictures of the loop, unless asked otherwise'),
  steps: settingOption('steps', 'Steps, unless asked otherwise'),
  guidance: settingOption('guidance', 'How strictly words are followed, unless asked otherwise'),
  loop: settingOption('loop', 'How the end meets the beginning, unless asked otherwise'),
  'window-length': settingOption('windowLength', 'Frames of a window in which long ones are drawn, unless asked otherwise'),
  'window-overlap': settingOption('windowOverlap', 'Frames that neighbouring windows share, unless asked otherwise'),
  method: settingOption('method', 'How frames move together, unless asked otherwise: zero needs no motion module'),
  sampler: settingOption('sampler', 'How noise becomes a picture, unless asked otherwise'),
  usual: { kind: 'flag', help: 'Size, frames, steps, guidance, loop, windows, method and sampler as the model has them' },
  where: { kind: 'choice', help: 'Where it is offered', choices: ['here', 'everywhere'] },
} as const

export const editStyle = action({
  help: 'Change strengths, words, sizes and names of a style',
  manager: true,
  private: true,
  options,
  async run({ values, context }): Promise<Reply> {
    const card = await context.styleAdmin.edit(values.name, await editsOf(values, context))
    return {
      kind: 'text',
      text: withNotes(say('style-changed', { name: card.name, changes: card.changed.join('; ') }), card),
      facts: cardFacts(card, await settingsOf(card, context)),
      buttons: [previewButton(card), undoButton(card)],
    }
  },
  async current({ name }, context): Promise<CurrentValues> {
    if (name === undefined) return {}
    const { card } = await context.styleAdmin.record(name)
    const { triggers, before, after, negative, about, example, aliases, where, files } = card
    const first = files.length === 1 ? files[0] : undefined
    return {
      ...(first && { strength: String(first.strength) }),
      ...(first?.word !== undefined && { word: first.word }),
      ...{ triggers: triggers.join(', '), before, after, negative, about, example, aliases: aliases.join(', ') },
      ...(where !== 'elsewhere' && { where }),
      ...settingValues(await settingsOf(card, context)),
    }
  },
})

function settingValues({
  width,
  height,
  frames,
  steps,
  guidance,
  loop,
  windowLength,
  windowOverlap,
  method,
  sampler,
}: StyleEdits): CurrentValues {
  const values = { frames, steps, guidance, loop, 'window-length': windowLength, 'window-overlap': windowOverlap, method, sampler }
  const known = Object.entries(values).filter(([, value]) => value !== undefined)
  return {
    ...(width !== undefined && height !== undefined && { size: `${width}x${height}` }),
    ...Object.fromEntries(known.map(([option, value]) => [option, String(value)])),
  }
}

/** @throws UserError `no-edits`, those of sizes */
async function editsOf(
  { name, size, 'window-length': windowLength, 'window-overlap': windowOverlap, ...values }: Values<typeof options>,
  context: CommandContext,
): Promise<StyleEdits> {
  const given = Object.entries({ ...values, windowLength, windowOverlap }).filter(([, value]) => value !== undefined)
  if (given.length === 0 && size === undefined)
    throw new UserError('no-edits', `Say what changes, as name:value: ${Object.keys(options).slice(1).join(', ')}.`, {
      names: Object.keys(options).slice(1).join(', '),
    })
  const edits = Object.fromEntries(given)
  if (size === undefined) return edits
  return { ...edits, ...sizeOf(size, 'square', await context.styles.model(name), await context.settings.get()) }
}
