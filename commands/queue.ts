// The /queue command: who waits for what: one's own requests with place and time; for admins everybody's, each with a way to end it.

import {
  command,
  type GpuHostSummary,
  type Line,
  type QueuedJob,
  type ReplyItem,
  type Sentence,
  say,
  type TextReply,
} from '../src/chat/contract/command.ts'

export const queue = command({
  name: 'queue',
  help: 'Your place in the queue, and how long it will take',
  private: true,
  options: {},
  async run({ context }) {
    const standings = await context.jobs.standings()
    const { waiting, running } = await context.jobs.load()
    const hosts = context.asker.admin ? hostsOf(context.gpuHosts.list()) : {}
    if (waiting + running === 0) return { kind: 'text', text: say('queue-empty'), ...hosts }
    const load = say('queue-load', { waiting, running })
    const shown = context.asker.admin ? standings : standings.filter(({ own }) => own)
    if (shown.length === 0) return { kind: 'text', text: context.asker.admin ? load : say('queue-none-yours', { load }), ...hosts }
    return {
      kind: 'text',
      text: context.asker.admin ? say('queue-all', { load }) : say('queue-yours', { load }),
      items: shown.slice(0, 10).map(itemOf),
      ...hosts,
    }
  },
})

function hostsOf(hosts: readonly GpuHostSummary[]): Pick<TextReply, 'facts' | 'buttons'> {
  if (hosts.length === 0) return {}
  const facts = hosts.slice(0, 10).map(({ name, drained, devices }) => {
    const busy = devices.filter((device) => device.busy).length
    return { label: name, value: say(drained && busy === 0 ? 'host-takes-nothing' : 'host-load', { busy, slots: devices.length }) }
  })
  return { facts, buttons: [{ label: say('button-hosts'), command: 'hosts show' }] }
}

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
