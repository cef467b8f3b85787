// The /history command: one's own animations, newest first; any can be shown again and re-rolled.

import {
  command,
  commandText,
  type HistoryEntry,
  maxCommandChars,
  type Reply,
  type ReplyButton,
  type ReplyItem,
  say,
} from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'
import { omitUndefined } from '../src/omit-undefined.ts'

const perPage = 5
export const exampleOfHelp = 'a red ball bouncing in a meadow'

export const history = command({
  name: 'history',
  help: 'Your animations; any can be drawn again',
  private: true,
  options: {
    search: { kind: 'text', help: 'Words of the prompt', maxChars: 100, rest: true },
    kept: { kind: 'flag', help: 'Only those with a star' },
    page: { kind: 'integer', help: 'Which page', min: 1, max: 1000, default: 1 },
    job: { kind: 'text', help: 'Show this one', maxChars: 25, complete: 'job' },
  },
  async run({ values, context }): Promise<Reply> {
    if (values.job !== undefined) {
      const entry = await context.jobs.find(values.job.toLowerCase())
      if (!entry) throw new UserError('unknown-animation', `There is no animation '${values.job}' here.`, { id: values.job })
      return { kind: 'text', text: entry.job.id, quote: entry.job.request.prompt, animationOf: entry.job.id, buttons: buttonsOf(entry) }
    }
    const pageAt = (page: number) =>
      context.jobs.own({
        ...{ from: (page - 1) * perPage, limit: perPage },
        ...(values.kept && { kept: true }),
        ...omitUndefined({ search: values.search }),
      })
    const asked = await pageAt(values.page)
    // What was deleted meanwhile has made the pages fewer.
    const page = Math.min(values.page, Math.max(1, Math.ceil(asked.total / perPage)))
    const { entries, total } = page === values.page ? asked : await pageAt(page)
    if (entries.length === 0) {
      if (values.search !== undefined) return { kind: 'text', text: say('history-none-like', { search: values.search }) }
      return { kind: 'text', text: values.kept ? say('history-none-kept') : say('history-empty', { example: exampleOfHelp }) }
    }
    const turn = (page: number) => commandText('history', { page, search: values.search, kept: values.kept })
    const pages: ReplyButton[] = []
    const first = (page - 1) * perPage + 1
    const last = first + entries.length - 1
    if (page > 1) pages.push({ label: say('button-newer'), command: turn(page - 1) })
    if (last < total) pages.push({ label: say('button-older'), command: turn(page + 1) })
    return {
      kind: 'text',
      text: say('history-list', { first, last, total }),
      items: entries.map(itemOf),
      buttons: pages.filter(({ command }) => command.length <= maxCommandChars),
    }
  },
})

function itemOf(entry: HistoryEntry): ReplyItem {
  const { job } = entry
  return {
    title: job.request.prompt,
    text: say(`state-${job.state}`),
    ...(job.result && { picture: { job: job.id } }),
    buttons: buttonsOf(entry),
  }
}

function buttonsOf({ job, own, kept }: HistoryEntry): ReplyButton[] {
  const all: ReplyButton[] = [{ label: say('button-again'), emoji: '🎲', command: `again job:${job.id}` }]
  if (own && job.result)
    all.push({ label: say(kept ? 'button-unkeep' : 'button-keep'), emoji: '⭐', command: `keep job:${job.id} toggle:yes` })
  if (own) all.push({ label: say('button-delete'), emoji: '❌', command: `cancel job:${job.id}`, style: 'danger' })
  return all
}
