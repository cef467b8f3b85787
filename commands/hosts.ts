// The /hosts command: the GPU hosts that draw for this bot, what each does, and that operators can have one take nothing more.

import { action, commandGroup, type GpuHostSummary, type Line, type Reply, type ReplyItem, say } from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'

const host = { kind: 'text', help: 'Which host', required: true, maxChars: 80, rest: true } as const

export const hosts = commandGroup({
  name: 'hosts',
  help: 'The GPU hosts that draw, and what each does',
  actions: {
    show: action({
      help: 'Which GPU hosts are there, and what each does',
      admin: true,
      private: true,
      options: {},
      async run({ context }): Promise<Reply> {
        const list = context.gpuHosts.list()
        if (list.length === 0) return { kind: 'text', text: say('hosts-none') }
        const standings = await context.jobs.standings()
        const prompts = new Map(standings.map(({ job }) => [job.id, job.request.prompt]))
        const items = list.slice(0, 10).map((one) => itemOf(one, prompts, context.asker.operator))
        return { kind: 'text', text: say('hosts-list', { count: list.length }), items }
      },
    }),
    drain: switching('Let a host finish what it draws, and give it nothing more', true),
    resume: switching('Give a host work again', false),
  },
})

function switching(help: string, drained: boolean) {
  return action({
    help,
    admin: true,
    private: true,
    options: { host },
    async run({ values, context }): Promise<Reply> {
      // Who is admin of one server does not stop what draws for all of them.
      if (!context.asker.operator) throw new UserError('operators-only', 'Only who runs this bot can do that.', {})
      if (!(await context.gpuHosts.drain(values.host, drained))) {
        throw new UserError('unknown-host', `There is no GPU host '${values.host}'.`, { host: values.host })
      }
      return { kind: 'text', text: say(drained ? 'host-drained' : 'host-resumed', { host: values.host }) }
    },
  })
}

function itemOf(
  { id, name, drained, devices, trainings }: GpuHostSummary,
  prompts: ReadonlyMap<string, string>,
  mayDrain: boolean,
): ReplyItem {
  const lines = devices.map(({ name: device, busy, job }): Line => {
    const prompt = job === undefined ? undefined : prompts.get(job)
    const doing = prompt !== undefined ? say('host-drawing', { prompt }) : say(busy ? 'host-busy' : 'host-free')
    return say('host-device', { device, doing })
  })
  const trains = trainings && [say(trainings.kept ? 'host-kept-for-trainings' : 'host-trains-too', { count: trainings.running })]
  const all = [...(drained ? [say('host-takes-nothing')] : []), ...(trains ?? []), ...lines]
  const button = drained
    ? { label: say('button-resume'), command: `hosts resume host:${id}` }
    : { label: say('button-drain'), command: `hosts drain host:${id}` }
  return { title: name, text: all.reduce((before, note) => say('two-lines', { before, note })), ...(mayDrain && { buttons: [button] }) }
}
