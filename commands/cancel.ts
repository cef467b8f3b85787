// The /cancel command: ends what waits or is being drawn; an animation that is there already is taken away. Own ones, or anybody's for admins.

import { command, type Reply, type ReplyButton, say } from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'

export const cancel = command({
  name: 'cancel',
  help: 'Cancel your request, or delete your animation',
  private: true,
  options: {
    job: { kind: 'text', help: 'Which one, if not your latest', maxChars: 25, rest: true, complete: 'waiting-job' },
    all: { kind: 'flag', help: 'All of yours that wait or are being drawn' },
    sure: { kind: 'flag', help: 'Delete a finished one without asking again' },
  },
  async run({ values, context }): Promise<Reply> {
    if (values.job !== undefined) {
      const job = values.job.toLowerCase()
      const outcome = await context.jobs.cancel(job, values.sure ?? false)
      if (outcome === 'unknown') throw new UserError('unknown-animation', `There is no animation '${values.job}' here.`, { id: values.job })
      if (outcome === 'not-yours') throw new UserError('not-yours', 'Only who asked for it, or an admin, can cancel or delete it.', {})
      if (outcome !== 'ended') return { kind: 'text', text: say(outcome) }
      const sure: ReplyButton = { label: say('button-delete-sure'), emoji: '❌', command: `cancel job:${job} sure:yes`, style: 'danger' }
      return { kind: 'text', text: say('remove-sure'), buttons: [sure] }
    }
    const own = (await context.jobs.standings()).filter((standing) => standing.own).sort((a, b) => b.job.acceptedMs - a.job.acceptedMs)
    if (own.length === 0) return { kind: 'text', text: say('nothing-to-cancel') }
    let count = 0
    for (const { job } of values.all ? own : own.slice(0, 1)) if ((await context.jobs.cancel(job.id, false)) === 'cancelled') count++
    return { kind: 'text', text: values.all ? say('cancelled-many', { count }) : say(count === 1 ? 'cancelled' : 'nothing-to-cancel') }
  },
})
