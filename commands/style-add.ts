// The action /styles add: a file becomes a style: taken in, told for what it is, drawn beside the same without it; then published, kept for
// admins or dropped.

import {
  action,
  type CommandContext,
  commandText,
  type Reply,
  type StyleCard,
  type StylePreview,
  say,
} from '../src/chat/contract/command.ts'
import { omitUndefined } from '../src/omit-undefined.ts'
import { cardFacts, pictureItems, undoButton, withNotes } from './style-card.ts'

/** Of names, everywhere. */
export const styleName = { kind: 'text', help: 'Which style', required: true, maxChars: 40, rest: true, complete: 'style' } as const

export const addStyle = action({
  help: 'Make a file a style, or add one to a style: LoRA, checkpoint, VAE, textual inversion',
  manager: true,
  private: true,
  options: {
    name: { kind: 'text', help: 'What it is called', required: true, maxChars: 40, rest: true },
    file: { kind: 'file', help: 'The file itself', maxBytes: 8_000_000_000 },
    url: { kind: 'text', help: 'Where to download it', maxChars: 2000 },
    path: { kind: 'text', help: 'A file in the models folder of the bot, such as look.safetensors', maxChars: 500 },
    hub: { kind: 'text', help: 'owner/repo/file on Hugging Face', maxChars: 400 },
    extend: { kind: 'flag', help: 'Add it to the style of that name' },
    strength: { kind: 'number', help: 'Of a LoRA: 1 is as it was trained', min: -4, max: 4 },
    word: { kind: 'text', help: 'Of a textual inversion: what stands for it in prompts', maxChars: 60 },
    about: { kind: 'text', help: 'What it looks like, in a sentence', maxChars: 500 },
    example: { kind: 'text', help: 'A prompt that shows it well', maxChars: 500 },
    here: { kind: 'flag', help: 'Offer it here and nowhere else' },
  },
  async run({ values, context }): Promise<Reply> {
    const { extend, name, file, url, path, hub, strength, word, about, example, here } = values
    const card = await context.styleAdmin.add({
      name,
      extend: extend ?? false,
      ...omitUndefined({ file, url, path, hub, strength, word, about, example, here }),
    })
    const preview = await previewOrNothing(context, card, extend ?? false)
    return extend ? extendedReply(card, preview) : addedReply(card, preview)
  },
})

/** What cannot be drawn is no style: it is taken back, and the reason is told. */
async function previewOrNothing(context: CommandContext, card: StyleCard, extend: boolean): Promise<StylePreview | undefined> {
  try {
    return await context.styleAdmin.preview(card.name, pictureFormat(context))
  } catch (error) {
    await (extend ? context.styleAdmin.rollback(card.name, card.change - 1) : context.styleAdmin.remove(card.name, true))
    throw error
  }
}

export const pictureFormat = ({ formats }: CommandContext): 'webp' | 'gif' => (formats[0] === 'gif' ? 'gif' : 'webp')

function addedReply(card: StyleCard, preview: StylePreview | undefined): Reply {
  const { name } = card
  return {
    kind: 'text',
    text: withNotes(say(preview ? 'style-added' : 'style-added-later', { name }), card),
    facts: cardFacts(card),
    ...(preview && { items: pictureItems(card, preview) }),
    buttons: [
      { label: say('button-publish'), command: commandText('styles publish', { name }), style: 'main' },
      { label: say('button-keep-admins'), command: commandText('styles keep', { name }) },
      { label: say('button-drop'), command: commandText('styles remove', { name, forget: true }), style: 'danger' },
    ],
  }
}

function extendedReply(card: StyleCard, preview: StylePreview | undefined): Reply {
  return {
    kind: 'text',
    text: withNotes(say(preview ? 'style-extended' : 'style-extended-later', { name: card.name }), card),
    facts: cardFacts(card),
    ...(preview && { items: pictureItems(card, preview) }),
    buttons: [undoButton(card)],
  }
}
