// A bare sentence: words to the bot that begin with no command. People write to a bot that draws its name and what they want to see.

import type { Command } from '../contract/command.ts'
import { didYouMean } from './did-you-mean.ts'

/** Takes a sentence that names no command. */
const drawing = 'animate'

/** The command that the words mean: a sentence is to be drawn. One word, a slash, and what is nearly a command are left to be refused. */
export function commandIn(text: string, commands: readonly Command[]): string {
  const words = text.trim().split(/\s+/)
  const first = words[0]!.toLowerCase()
  const names = commands.map(({ name }) => name)
  if (first === '' || first.startsWith('/') || names.includes(first) || didYouMean(first, names)) return text
  return words.length > 1 || isSentence(first) ? `${drawing} ${text}` : text
}

/** Written without spaces. */
function isSentence(word: string): boolean {
  return /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]{2}/u.test(word)
}
