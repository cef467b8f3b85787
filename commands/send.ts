// The command of the letter: the animation as a private message, with everything that draws it again.

import { command, say } from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'
import { commandOf } from './animate.ts'

export const send = command({
  name: 'send',
  help: 'Send you an animation with its settings',
  private: true,
  hidden: true,
  options: { job: { kind: 'text', help: 'Which animation', required: true, maxChars: 25, rest: true, complete: 'job' } },
  async run({ values, context }) {
    const entry = await context.jobs.find(values.job.toLowerCase())
    if (!entry) throw new UserError('unknown-animation', `There is no animation '${values.job}' here.`, { id: values.job })
    const { request } = entry.job
    const command = `/${await commandOf(request, context)}`
    return { kind: 'text', audience: 'direct', text: say('sent', { command }), quote: request.prompt, animationOf: entry.job.id }
  },
})
