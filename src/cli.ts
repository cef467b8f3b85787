// The command line: assembles the engine alone. `zoetrope animate "a red ball bouncing in a meadow"` draws; the rest looks and measures.

import { join } from 'node:path'
import { Command } from 'commander'
import description from '../package.json' with { type: 'json' }
import type { CommandLine } from './cli/command-line/command-line.ts'
import { exitCodeOf, exitCodes, exitCodeTable } from './cli/command-line/exit-codes.ts'
import { commandPrefix, isNpmScript } from './cli/command-line/invocation.ts'
import { createOutput, type Output, type OutputFlags, type Streams } from './cli/terminal/output.ts'
import { UserError } from './errors.ts'

type Declare = (program: Command, line: CommandLine) => void

/** Each is imported when it is called: a command that prints a page of help should not load ONNX Runtime. */
const commands: Readonly<Record<string, () => Promise<Declare>>> = {
  animate: async () => (await import('./cli/animate.ts')).animateCommand,
  inspect: async () => (await import('./cli/inspect.ts')).inspectCommand,
  bot: async () => (await import('./cli/bot.ts')).botCommand,
  doctor: async () => (await import('./cli/doctor.ts')).doctorCommand,
  backup: async () => (await import('./cli/backup.ts')).backupCommand,
  restore: async () => (await import('./cli/backup.ts')).restoreCommand,
  chat: async () => (await import('./cli/chat.ts')).chatCommand,
  models: async () => (await import('./cli/models.ts')).modelsCommand,
  bench: async () => (await import('./cli/bench.ts')).benchCommand,
  'bench-load': async () => (await import('./cli/bench-load.ts')).loadBenchCommand,
  compare: async () => (await import('./cli/compare.ts')).compareCommand,
  train: async () => (await import('./cli/train.ts')).trainCommand,
  verify: async () => (await import('./cli/verify.ts')).verifyCommand,
  completion: async () => (await import('./cli/completion.ts')).completionCommand,
  judge: async () => (await import('./cli/judge.ts')).judgeCommand,
}

/** When they are asked to, however long that takes. */
const stopByThemselves: ReadonlySet<string> = new Set(['bot', 'train'])

/** For what is under way to end well once Ctrl+C was pressed; then the process ends. */
const graceMs = 5000

const standardStreams: Streams = { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text) }

/** @returns the exit code */
export async function runCommandLine(args: readonly string[], streams: Streams = standardStreams): Promise<number> {
  const project = join(import.meta.dirname, '..')
  // npm runs scripts in the project's folder; the paths that people type begin where they are.
  const { INIT_CWD } = process.env
  if (INIT_CWD && isNpmScript(process.env)) process.chdir(INIT_CWD)
  const program = new Command()
    .name('zoetrope')
    .version(description.version)
    .description(
      'A sentence becomes a short looping animation: AnimateDiff in TypeScript, from the checkpoint files that people already have.',
    )
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', `\nExit codes:\n${exitCodeTable.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`).join('\n')}`)
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride()
  const output = createOutput(streams)
  const interruption = new AbortController()
  const line: CommandLine = {
    output,
    signal: interruption.signal,
    prefix: commandPrefix({ environment: process.env, cwd: process.cwd(), project }),
  }
  const named = args.find((arg) => !arg.startsWith('-'))
  const wanted = named !== undefined && named !== 'completion' && named in commands ? [commands[named]!] : Object.values(commands)
  for (const load of wanted) (await load())(program, line)
  for (const command of leavesOf(program).filter((one) => one.name() !== 'bot')) {
    command.option('--json', 'print the result as JSON').option('--quiet', 'no progress and no notes')
  }
  program.hook('preAction', (_, command) => output.configure(command.opts<OutputFlags>()))
  const interrupt = (): void => {
    interruption.abort()
    setTimeout(() => process.exit(exitCodes.interrupted), graceMs).unref()
  }
  if (named === undefined || !stopByThemselves.has(named)) process.once('SIGINT', interrupt)
  try {
    await program.parseAsync(args, { from: 'user' })
    return interruption.signal.aborted ? exitCodes.interrupted : exitCodes.done
  } catch (error) {
    if (interruption.signal.aborted) return exitCodes.interrupted
    const code = exitCodeOf(error)
    if (code === undefined) throw error
    if (error instanceof UserError) tell(error, output, streams)
    return code // Commander has said what was wrong, or printed the help that was asked for.
  } finally {
    process.off('SIGINT', interrupt)
  }
}

function tell({ code, message }: UserError, output: Output, { err }: Streams): void {
  err(`${message}\n`)
  if (!output.told) output.data({ error: { code, message } })
}

/** Those that do something; the others only hold them. */
function leavesOf(command: Command): Command[] {
  return command.commands.flatMap((one) => (one.commands.length > 0 ? leavesOf(one) : [one]))
}
