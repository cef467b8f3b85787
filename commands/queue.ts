// The /queue command: who waits for what: one's own requests with place and time; for admins everybody's, each with a way to end it.

import { command, type Line, type QueuedJob, type ReplyItem, type Sentence, say } from '../src/chat/contract/command.ts'

export const queue = command({
  name: 'queue',
  help: 'Your place in the queue, and how long it will take',
  private: true,
  options: {},
  async run({ context }) {
    const standings = await context.jobs.standings()
    const { waiting, running } = await context.jobs.load()
    if (waiting + running === 0) return { kind: 'text', text: say('queue-empty') }
    const load = say('queue-load', { waiting, running })
    const shown = context.asker.admin ? standings : standings.filter(({ own }) => own)
    if (shown.length === 0) return { kind: 'text', text: context.asker.admin ? load : say('queue-none-yours', { load }) }
    return {
      kind: 'text',
      text: context.asker.admin ? say('queue-all', { load }) : say('queue-yours', { load }),
      items: shown.slice(0, 10).map(itemOf),
    }
  },
})

function itemOf(standing: QueuedJob): ReplyItem {
  const { job } = standing
  return {
    title: job.request.prompt,
    text: placeOf(standing),
    buttons: [{ label: say('button-cancel'), emoji: '❌', command: `cancel job:${job.id}`, style: 'danger' }],
  }
}

function placeOf({ ahead, leftMs }: QueuedJob): Line {
  if (ahead === undefined) return leftMs === undefined ? say('standing-running') : say('standing-running-left', { ms: leftMs })
  const place: Sentence = ahead === 0 ? say('standing-next') : say('standing-ahead', { ahead })
  return leftMs === undefined ? place : say('standing-left', { place, ms: leftMs })
}
