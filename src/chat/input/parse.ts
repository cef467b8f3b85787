// The command parser: from typed text to a command, its action and the text of each option. Pure. What the texts mean is in option-values.ts.
//   /animate a cat on a wall style:anime --seed 7 negative:"blurry, grey"
// Words that belong to no option are the prompt. Where the prompt is named (`prompt:a cat style:anime negative:blurry, grey`)
// every text goes on until the next name. `name:` counts only where the command has that option: 'at 5:30' is just words.

import { UserError } from '../../errors.ts'
import type { Action, Command } from '../contract/command.ts'
import type { OptionInput } from '../contract/incoming.ts'
import type { Options } from '../contract/option.ts'
import { plainText, shortened } from '../contract/plain-text.ts'
import { didYouMean } from './did-you-mean.ts'
import { type Token, tokenize } from './tokenize.ts'

/** A command with its options as they came in, not yet checked. */
export interface ParsedCommand {
  readonly command: Command
  /** '' where the command has one action. */
  readonly action: string
  readonly inputs: Readonly<Record<string, OptionInput>>
}

/**
 * @throws UserError unknown-command, unknown-option, option-twice, option-without-value, too-much-text
 */
export function parse(text: string, commands: readonly Command[]): ParsedCommand {
  const tokens = tokenize(plainText(text))
  const first = tokens.shift()
  const name = first ? plain(first).replace(/^\//, '') : ''
  const command = findCommand(name, commands)
  const { action, named } = actionIn(command, tokens[0])
  if (named) tokens.shift()
  return { command, action, inputs: inputsIn(tokens, command.actions[action]!, `/${command.name}${action && ` ${action}`}`) }
}

/** @throws UserError unknown-command */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((one) => one.name === name.toLowerCase())
  if (command) return command
  const offered = commands.filter(({ hidden }) => !hidden).map((one) => one.name)
  const meant = didYouMean(name, offered)
  const shown = shortened(name, 40)
  throw meant
    ? new UserError('unknown-command-near', `There is no command '${shown}'. Did you mean /${meant}?`, { name: shown, meant })
    : new UserError('unknown-command', `There is no command '${shown}'. There are: ${offered.map((one) => `/${one}`).join(' ')}.`, {
        name: shown,
        commands: offered.map((one) => `/${one}`).join(' '),
      })
}

/** @throws UserError unknown-action */
export function findAction(command: Command, name: string | undefined): Action {
  const action = command.actions[name ?? Object.keys(command.actions)[0]!]
  if (action && Object.hasOwn(command.actions, name ?? Object.keys(command.actions)[0]!)) return action
  const actions = Object.keys(command.actions).join(', ')
  throw new UserError('unknown-action', `/${command.name} does one of these: ${actions}; not '${name}'.`, {
    command: command.name,
    actions,
    name: name ?? '',
  })
}

function actionIn(command: Command, next: Token | undefined): { action: string; named: boolean } {
  const names = Object.keys(command.actions)
  const word = next && !next.quoted ? next.text.toLowerCase() : undefined
  const action = names.find((name) => name !== '' && name === word)
  return action ? { action, named: true } : { action: names[0]!, named: false }
}

function inputsIn(tokens: readonly Token[], { options }: Action, command: string): Record<string, OptionInput> {
  const rest = Object.keys(options).find((name) => isRest(options, name))
  const inputs: Record<string, OptionInput> = {}
  const given = new Set<string>()
  /** The option that words without a name belong to. */
  let open = rest
  const add = (name: string, words: string) => {
    const before = inputs[name]
    inputs[name] = before === undefined || before === '' ? words : `${before} ${words}`
  }
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const naming = namingIn(token, options, command)
    if (!naming) {
      if (!open)
        throw new UserError('too-much-text', `${command} takes only name:value, and got '${shortened(plain(token), 40)}' besides.`, {
          command,
          text: shortened(plain(token), 40),
        })
      add(open, plain(token))
      continue
    }
    const { name, value } = naming
    if (given.has(name)) throw new UserError('option-twice', `${command} takes ${name} once, and got it twice.`, { command, name })
    given.add(name)
    const following = tokens[i + 1]
    const canFollow = following !== undefined && !namingIn(following, options, command)
    const isFlag = options[name]!.kind === 'flag'
    if (value) add(name, value)
    else if (canFollow && (!isFlag || isYesOrNo(plain(following)))) {
      add(name, plain(following))
      i++
    } else if (isFlag) inputs[name] = true
    else if (naming.dashed) throw new UserError('option-without-value', `${name} needs a value: ${name}:value.`, { name })
    open = rest !== undefined && given.has(rest) && options[name]!.kind === 'text' ? name : rest
  }
  return inputs
}

/** `name:value`, `name:`, `--name`, `--name=value` of an option there is; undefined where the token is just words. */
function namingIn(token: Token, options: Options, command: string): { name: string; value?: string; dashed: boolean } | undefined {
  if (token.quoted) return undefined
  const match = /^(--)?([a-z][a-z_-]*)(?:([:=])(.*))?$/isu.exec(token.text)
  if (!match) return undefined
  const [, dashes, typed, sign, value] = match
  if (!dashes && sign !== ':') return undefined
  const name = typed!.toLowerCase().replaceAll('_', '-')
  if (Object.hasOwn(options, name))
    return { name, dashed: dashes !== undefined, ...(sign !== undefined && { value: (value ?? '') + (token.tail ?? '') }) }
  const meant = didYouMean(name, Object.keys(options))
  if (!dashes && !meant) return undefined
  if (meant) {
    throw new UserError('unknown-option-near', `${command} has no option '${shortened(name, 40)}'. Did you mean ${meant}?`, {
      command,
      name: shortened(name, 40),
      meant,
    })
  }
  const names = Object.keys(options).join(', ') || '-'
  throw new UserError('unknown-option', `${command} has no option '${shortened(name, 40)}'. It has: ${names}.`, {
    command,
    name: shortened(name, 40),
    names,
  })
}

function isRest(options: Options, name: string): boolean {
  const option = options[name]!
  return option.kind === 'text' && option.rest === true
}

function isYesOrNo(text: string): boolean {
  return /^(yes|no|true|false|on|off|1|0|是|否)$/i.test(text)
}

function plain(token: Token): string {
  return token.text + (token.tail ?? '')
}
