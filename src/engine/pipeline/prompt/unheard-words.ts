// Unheard words: notes on what a person wrote and no net is told.

import type { Note } from '../../errors.ts'
import { type PromptTag, promptTags } from '../../prompt-tags.ts'

/** On tags that nobody took out of the prompts before: what they name is not here. */
export function tagNotes({ prompt, negative }: { readonly prompt: string; readonly negative: string }): Note[] {
  const tags = [...promptTags(prompt), ...promptTags(negative)]
  const note = (code: string, kind: PromptTag['kind'], why: string): Note[] => {
    const typed = [...new Set(tags.filter((tag) => tag.kind === kind).map((tag) => tag.typed))].slice(0, 5).join(' ')
    return typed === '' ? [] : [{ code, message: `Left out of the prompt: ${typed}. ${why}`, data: { tags: typed } }]
  }
  return [
    ...note('prompt-loras', 'lora', 'No LoRA of that name is installed, and no style of it is offered to everybody for this model.'),
    ...note('prompt-hypernetworks', 'hypernetwork', 'Hypernetworks are not supported.'),
  ]
}

export const guidanceTaken: Note = {
  code: 'guidance-taken',
  message:
    'This checkpoint takes its guidance as an input (LCM): what should not be in the picture, and guidance that changes over the frames, are not heard.',
  data: {},
}
