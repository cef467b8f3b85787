// The command of the star: this animation stays when others are deleted.

import { command, say } from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'

export const keep = command({
  name: 'keep',
  help: 'Keep an animation among your favourites',
  private: true,
  hidden: true,
  options: {
    job: { kind: 'text', help: 'Which animation', required: true, maxChars: 25, rest: true, complete: 'job' },
    off: { kind: 'flag', help: 'No longer' },
    toggle: { kind: 'flag', help: 'No longer, where it is kept already' },
  },
  async run({ values, context }) {
    const entry = await context.jobs.find(values.job.toLowerCase())
    if (!entry) throw new UserError('unknown-animation', `There is no animation '${values.job}' here.`, { id: values.job })
    const kept = await context.jobs.keep(entry.job.id, !(values.off || (values.toggle && entry.kept)))
    return { kind: 'text', text: say(kept ? 'kept' : 'unkept') }
  },
})
