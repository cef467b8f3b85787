// Shell completion: the script that a shell loads, and what it asks of us at every press of Tab. The answers are what Commander declares,
// the models that are installed, and otherwise files.

import { readFileSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { Argument, type Command, type Option } from 'commander'
import { readConfig } from '../config.ts'
import { kindOfFile } from '../engine/index.ts'
import { modelFolder, pocket } from '../paths.ts'
import { installedModels } from '../styles/download/installed-models.ts'
import { readPublishedModels } from '../styles/download/published-models.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { shellQuote } from './command-line/shell-quote.ts'

const scripts = { bash: 'bash.sh', zsh: 'zsh.zsh', fish: 'fish.fish' } as const
type Shell = keyof typeof scripts

export function completionCommand(program: Command, { output, prefix }: CommandLine): void {
  program
    .command('completion')
    .description('a script that completes commands, flags, models and files; for bash: eval "$(… completion bash)"')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .action((shell: Shell) => {
      const called = `${shellQuote(process.execPath)} ${shellQuote(join(import.meta.dirname, '../zoetrope.js'))}`
      const script = completionScript(shell, called, prefix !== 'zoetrope')
      output.line(script)
      output.data({ shell, script })
    })
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action((words: readonly string[]) => {
      const { completions, files } = complete(program, words, installedNames)
      for (const { value, about } of completions) output.line(`${value}\t${about}`)
      if (files) output.line(':files')
    })
}

/** @param called how this program is called, quoted @param define where it is no command of its own, the script makes it one */
function completionScript(shell: Shell, called: string, define: boolean): string {
  const command = shell === 'fish' ? `function zoetrope; ${called} $argv; end\n` : `zoetrope() { ${called} "$@"; }\n`
  const script = readFileSync(join(import.meta.dirname, 'completion', scripts[shell]), 'utf8')
  return `${define ? command : ''}${script.replaceAll('CALLED', () => called).trimEnd()}`
}

export interface OfferedWord {
  readonly value: string
  readonly about: string
}

/** @param words after the program's name, the last being the one at the cursor @param models names for flags that take a model */
export function complete(
  program: Command,
  words: readonly string[],
  models: () => readonly OfferedWord[],
): { completions: readonly OfferedWord[]; files: boolean } {
  const [typed, before] = atCursor(words)
  const { command, operands, pending } = walked(program, before)
  const [flag, value] = /^(--[^=]+)=(.*)$/s.exec(typed)?.slice(1) ?? []
  const option = pending ?? (flag === undefined ? undefined : command.options.find(({ long }) => long === flag))
  if (option) {
    const start = value ?? typed
    const offered = option.argChoices?.map((name) => ({ value: name, about: '' })) ?? (takesModel(option) ? models() : [])
    const kept = value === undefined ? '' : `${flag}=`
    return {
      completions: starting(offered, start).map((one) => ({ ...one, value: kept + one.value })),
      files: !option.argChoices && takesFile(option),
    }
  }
  if (typed.startsWith('-')) {
    const flags = command.options.filter(({ hidden, long }) => !hidden && long).map((one) => ({ value: one.long!, about: one.description }))
    return { completions: starting([...flags, { value: '--help', about: 'display help for command' }], typed), files: false }
  }
  const commands = command.createHelp().visibleCommands(command)
  const argument = command.registeredArguments[operands] ?? command.registeredArguments.findLast(({ variadic }) => variadic)
  const named = commands.map((one) => ({ value: one.name(), about: one.description() }))
  const choices = argument?.argChoices?.map((name) => ({ value: name, about: '' })) ?? (argument?.name() === 'names' ? models() : [])
  return { completions: starting(commands.length > 0 ? named : choices, typed), files: /file|dir/.test(argument?.name() ?? '') }
}

/** The word at the cursor and those before it. bash parts `--flag=value` in three. */
function atCursor(words: readonly string[]): [typed: string, before: readonly string[]] {
  if (words.at(-1) === '=') return ['', words.slice(0, -1)]
  if (words.at(-2) === '=') return [words.at(-1)!, words.slice(0, -2)]
  return [words.at(-1) ?? '', words.slice(0, -1)]
}

/** The command that words lead to, how many of its arguments are there, and the option that still wants its value. */
function walked(program: Command, words: readonly string[]): { command: Command; operands: number; pending?: Option } {
  let [command, operands, pending]: [Command, number, Option | undefined] = [program, 0, undefined]
  for (const word of words) {
    if (pending) pending = undefined
    else if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => long === word || short === word)
      pending = option && (option.required || option.optional) ? option : undefined
    } else {
      const below: Command | undefined = command.commands.find((one) => one.name() === word)
      if (below) command = below
      else operands++
    }
  }
  return { command, operands, ...(pending && { pending }) }
}

const starting = (offered: readonly OfferedWord[], start: string): OfferedWord[] => offered.filter(({ value }) => value.startsWith(start))
const takesModel = ({ flags }: Option): boolean => flags.includes('|name')
const takesFile = ({ flags }: Option): boolean => /<(file|path|folder)/.test(flags)

/** What is installed by its file's name without the ending and by the name that it was pulled under, and what could be pulled. */
function installedNames(): OfferedWord[] {
  const installed = installedModels(modelFolder(readConfig(process.env).home), kindOfFile).map(({ file, kind, record }) => ({
    value: record?.name ?? parse(file).name,
    about: kind,
  }))
  const published = readPublishedModels(dirname(pocket)).map(({ name, about }) => ({ value: name, about }))
  return [...installed, ...published.filter(({ value }) => !installed.some((one) => one.value === value))]
}
