// The action /styles train: a style is learned from a few pictures, and waits for its turn among others that are learned. What comes of it is
// shown where it was asked for, with what can be done about it.

import { action, type CommandContext, type Reply } from '../src/chat/contract/command.ts'
import { requiredSettingsIn } from '../src/draw-settings.ts'
import { omitUndefined } from '../src/omit-undefined.ts'

export const trainStyle = action({
  help: 'Learn a style from 5 to 20 pictures or clips, such as: /styles train name:watercolour',
  manager: true,
  options: {
    name: { kind: 'text', help: 'What it is called', required: true, maxChars: 40, rest: true },
    pictures: {
      kind: 'files',
      help: 'A picture or a clip in the style; without any, those of the thread or of what is replied to',
      max: 20,
      maxBytes: 100_000_000,
    },
    word: { kind: 'text', help: 'That stands for it in prompts; its name unless said', maxChars: 60 },
    about: { kind: 'text', help: 'What it looks like, in a sentence', maxChars: 500 },
    example: { kind: 'text', help: 'A prompt that shows it well', maxChars: 500 },
    here: { kind: 'flag', help: 'Offer it here and nowhere else' },
  },
  async run({ values, context }): Promise<Reply> {
    const { name, word, about, example, here } = values
    const pictures = async () => values.pictures ?? (await context.filesNear())
    const { id, ...prepared } = await context.styleAdmin.train({ name, pictures, ...omitUndefined({ word, about, example, here }) })
    return { kind: 'animation', private: false, request: await exampleRequest(prepared, id, context) }
  },
})

/** What is drawn of it while it is learned, and when it is. */
async function exampleRequest(
  { name, pictures, example }: { readonly name: string; readonly pictures: number; readonly example: string },
  id: string,
  context: CommandContext,
) {
  const model = await context.styles.model()
  const settings = await context.settings.get()
  return {
    ...requiredSettingsIn(model),
    frames: Math.min(model.frames, settings.maxFrames),
    steps: Math.min(model.steps, settings.maxSteps),
    ...{ prompt: example, negative: model.negative, style: name, seed: context.randomSeed() },
    ...{ format: context.formats[0]!, maxBytes: context.maxBytes, training: { id, pictures } },
  }
}
