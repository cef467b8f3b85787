// The /help command: what can be said, made from the declarations of the commands themselves.

import {
  type CommandContext,
  type CommandDeclaration,
  command,
  isOffered,
  type Line,
  mayCall,
  type Option,
  type Reply,
  say,
  type TextReply,
} from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'
import { exampleItems } from './examples.ts'
import { exampleOfHelp } from './history.ts'

export const help = command({
  name: 'help',
  help: 'What you can say',
  private: true,
  options: { command: { kind: 'text', help: 'One command, with its options', maxChars: 40, rest: true, complete: 'command' } },
  async run({ values, context }): Promise<Reply> {
    if (values.command !== undefined) {
      const one = findByName(values.command, context)
      const reply = about(one, context)
      return one.name === 'animate' ? { ...reply, items: await exampleItems(context) } : reply
    }
    const facts = context.commands
      .filter((one) => isOffered(one, context.asker))
      .map((one) => ({ label: `/${one.name}`, value: context.helpOf(one.name, one.help) }))
    return {
      kind: 'text',
      text: say('help-about', { example: exampleOfHelp }),
      facts,
      buttons: [
        { label: say('button-try'), emoji: '🎲', command: `animate ${exampleOfHelp}`, style: 'main' },
        { label: '/animate', command: 'help animate' },
      ],
    }
  },
})

/** @throws UserError unknown-command */
function findByName(name: string, context: CommandContext): CommandDeclaration {
  const plain = name.replace(/^\//, '').split(' ')[0]!.toLowerCase()
  const found = context.commands.find((one) => one.name === plain)
  if (found) return found
  const commands = context.commands
    .filter(({ hidden }) => !hidden)
    .map((one) => `/${one.name}`)
    .join(' ')
  throw new UserError('unknown-command', `There is no command '${plain}'. There are: ${commands}.`, { name: plain, commands })
}

function about(one: CommandDeclaration, context: CommandContext): TextReply {
  const facts: { label: Line; value: Line }[] = []
  for (const [name, action] of Object.entries(one.actions)) {
    if (!mayCall(action, context.asker)) continue
    const path = name === '' ? one.name : `${one.name}.${name}`
    if (name !== '') facts.push({ label: `/${one.name} ${name}`, value: context.helpOf(path, action.help) })
    for (const [option, declared] of Object.entries(action.options)) {
      facts.push({ label: `${option}:`, value: ranged(declared, context.helpOf(`${path}.${option}`, declared.help)) })
    }
  }
  return { kind: 'text', text: say('help-options'), quote: `/${one.name}: ${context.helpOf(one.name, one.help)}`, facts }
}

function ranged(option: Option, text: string): Line {
  const range: Line =
    option.kind === 'integer' || option.kind === 'number'
      ? say('help-range', { help: text, min: option.min, max: option.max })
      : option.kind === 'choice'
        ? say('help-choices', { help: text, choices: option.choices.join(', ') })
        : text
  return option.default === undefined ? range : say('help-default', { help: range, value: String(option.default) })
}
