// The /defaults command: what one person wants where a request does not say otherwise.

import { action, type CommandContext, commandGroup, type Defaults, type Line, type Reply, say } from '../src/chat/contract/command.ts'
import { drawOptions, styleOf } from './animate.ts'

const { size: _size, seed: _seed, seconds: _seconds, ...drawn } = drawOptions
const settable = { ...drawn, mention: { kind: 'flag', help: 'Mention you when what you asked for is done' } } as const

export const defaults = commandGroup({
  name: 'defaults',
  help: 'What you want unless a request says otherwise',
  actions: {
    show: action({
      help: 'Show your defaults',
      private: true,
      options: {},
      run: ({ context }) => shown(context, say('defaults-list')),
    }),
    set: action({
      help: 'Set one or several',
      private: true,
      options: settable,
      async run({ values, context }) {
        // said, it holds also where the place has another
        const style = values.style && ((await styleOf(values.style, context)) ?? 'none')
        const given = Object.entries({ ...values, style }).filter(([, value]) => value !== undefined)
        await context.defaults.update((now) => ({ ...now, ...Object.fromEntries(given) }))
        return shown(context, say('defaults-set'))
      },
      async current(_given, context) {
        const now = Object.entries(await context.defaults.get())
        return Object.fromEntries(now.map(([name, value]) => [name, value === true ? 'yes' : value === false ? 'no' : String(value)]))
      },
    }),
    clear: action({
      help: 'Forget one, or all of them',
      private: true,
      options: { name: { kind: 'choice', help: 'Which one', choices: Object.keys(settable), names: 'options' } },
      async run({ values, context }) {
        const { name } = values
        if (name === undefined) {
          await context.defaults.set({})
          return { kind: 'text', text: say('defaults-cleared') }
        }
        await context.defaults.update((now) => Object.fromEntries(Object.entries(now).filter(([key]) => key !== name)) as Defaults)
        return { kind: 'text', text: say('defaults-cleared-one', { name }) }
      },
    }),
  },
})

async function shown(context: CommandContext, text: Line): Promise<Reply> {
  const facts = Object.entries(await context.defaults.get()).map(([label, value]) => ({ label, value: String(value) || say('none') }))
  return facts.length === 0 ? { kind: 'text', text: say('defaults-none') } : { kind: 'text', text, facts }
}
