// The command of the letter: the animation as a private message, with everything that draws it again.

import { type CommandContext, command, type HistoryEntry, say, type TextReply } from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'
import { commandOf } from './animate.ts'

/** Every platform shows so much uncut beside the prompt and the facts, even where all of it must be escaped. */
const shownChars = 600

export const send = command({
  name: 'send',
  help: 'Send you an animation with its settings',
  private: true,
  hidden: true,
  options: { job: { kind: 'text', help: 'Which animation', required: true, maxChars: 25, rest: true, complete: 'job' } },
  async run({ values, context }) {
    const entry = await context.jobs.find(values.job.toLowerCase())
    if (!entry) throw new UserError('unknown-animation', `There is no animation '${values.job}' here.`, { id: values.job })
    const { id, request, result } = entry.job
    if (!result) throw new UserError('not-drawn', 'There is no animation of it.', {})
    return { kind: 'text', audience: 'direct', quote: request.prompt, animationOf: id, ...(await howToDrawAgain(entry.job, context)) }
  },
})

async function howToDrawAgain({ id, request }: HistoryEntry['job'], context: CommandContext): Promise<Pick<TextReply, 'text' | 'file'>> {
  if (request.earlier) return { text: say('sent-of-another') }
  const command = `/${await commandOf(request, context)}`
  if (command.length <= shownChars) return { text: say('sent', { command }) }
  return {
    text: say('sent-command-in-file'),
    file: { bytes: new TextEncoder().encode(command), mediaType: 'text/plain', fileName: `zoetrope-${id}.txt` },
  }
}
