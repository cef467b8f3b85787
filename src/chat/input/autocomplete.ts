// Autocompletion: what is offered while somebody types the value of an option.

import type { CommandContext } from '../contract/command-context.ts'
import { isOffered } from '../contract/command-declaration.ts'
import type { Choice } from '../contract/incoming.ts'
import type { Completion } from '../contract/option.ts'
import { shortened } from '../contract/plain-text.ts'

/** Of a value and of what is shown for it, on every platform. */
const maxChars = 100

export async function autocomplete(kind: Completion, typed: string, limit: number, context: CommandContext): Promise<readonly Choice[]> {
  const offers = await sources[kind](typed.trim(), limit, context)
  const seen = new Set<string>()
  return offers
    .filter(({ value }) => value.length > 0 && value.length <= maxChars && !seen.has(value) && seen.add(value))
    .slice(0, limit)
    .map(({ value, label }) => ({ value, label: shortened(label, maxChars) }))
}

const sources: Readonly<Record<Completion, (typed: string, limit: number, context: CommandContext) => Promise<readonly Choice[]>>> = {
  async style(typed, limit, { styles }) {
    const found = await styles.search(typed, limit)
    return found.map(({ name, about }) => ({ value: name, label: about ? `${name} · ${about}` : name }))
  },
  async prompt(typed, limit, { jobs }) {
    const { entries } = await jobs.own({ from: 0, limit: limit * 4, ...(typed && { search: typed }) })
    return entries.map(({ job }) => ({ value: job.request.prompt, label: job.request.prompt }))
  },
  async job(typed, limit, { jobs }) {
    const { entries } = await jobs.own({ from: 0, limit: limit * 4 })
    return matching(typed, entries)
  },
  async 'waiting-job'(typed, _limit, { jobs, asker }) {
    return matching(
      typed,
      (await jobs.standings()).filter(({ own }) => own || asker.admin),
    )
  },
  async command(typed, _limit, { commands, asker }) {
    const wanted = typed.replace(/^\//, '').toLowerCase()
    const offered = commands.filter((one) => isOffered(one, asker) && one.name.includes(wanted))
    return offered.map(({ name, help }) => ({ value: name, label: `/${name} · ${help}` }))
  },
}

function matching(
  typed: string,
  entries: readonly { readonly job: { readonly id: string; readonly request: { readonly prompt: string } } }[],
): Choice[] {
  const wanted = typed.toLowerCase()
  return entries
    .filter(({ job }) => job.id.startsWith(wanted) || job.request.prompt.toLowerCase().includes(wanted))
    .map(({ job }) => ({ value: job.id, label: job.request.prompt }))
}
