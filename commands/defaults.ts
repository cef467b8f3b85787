// What one person wants where a request does not say otherwise.

import { action, commandGroup, type Defaults, type Desk, type Line, type Reply, say } from '../src/chat/contract/command.ts'
import { drawOptions, styleOf } from './animate.ts'

const { size: _size, seed: _seed, ...settable } = drawOptions

export const defaults = commandGroup({
  name: 'defaults',
  help: 'What you want unless a request says otherwise',
  actions: {
    show: action({
      help: 'Show your defaults',
      private: true,
      options: {},
      run: ({ desk }) => shown(desk, say('defaults-list')),
    }),
    set: action({
      help: 'Set one or several',
      private: true,
      options: settable,
      async run({ values, desk }) {
        const style = values.style === undefined || values.style === 'none' ? values.style : await styleOf(values.style, desk)
        const given = Object.entries({ ...values, style }).filter(([, value]) => value !== undefined)
        await desk.defaults.set({ ...(await desk.defaults.get()), ...Object.fromEntries(given) })
        return shown(desk, say('defaults-set'))
      },
    }),
    clear: action({
      help: 'Forget one, or all of them',
      private: true,
      options: { name: { kind: 'choice', help: 'Which one', choices: Object.keys(settable) } },
      async run({ values, desk }) {
        const { name } = values
        if (name === undefined) {
          await desk.defaults.set({})
          return { kind: 'say', text: say('defaults-cleared') }
        }
        const rest = Object.entries(await desk.defaults.get()).filter(([key]) => key !== name)
        await desk.defaults.set(Object.fromEntries(rest) as Defaults)
        return { kind: 'say', text: say('defaults-cleared-one', { name }) }
      },
    }),
  },
})

async function shown(desk: Desk, text: Line): Promise<Reply> {
  const facts = Object.entries(await desk.defaults.get()).map(([label, value]) => ({ label, value: String(value) }))
  return facts.length === 0 ? { kind: 'say', text: say('defaults-none') } : { kind: 'say', text, facts }
}
