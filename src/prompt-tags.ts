// Prompt tags, for every room: see engine/errors.ts for why they stand there.

export { type PromptTag, promptTags, withoutTags } from './engine/prompt-tags.ts'
