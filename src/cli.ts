// The command line: assembles the engine alone. `zoetrope animate "a red ball bouncing in a meadow"` draws; the rest looks and measures.

import { Command } from 'commander'
import description from '../package.json' with { type: 'json' }
import { UserError } from './errors.ts'

/** Each is imported when it is called: a command that prints a page of help should not load ONNX Runtime. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
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
  train: async () => (await import('./cli/train.ts')).trainCommand,
  verify: async () => (await import('./cli/verify.ts')).verifyCommand,
  judge: async () => (await import('./cli/judge.ts')).judgeCommand,
}

/** @returns the exit code */
export async function runCommandLine(args: readonly string[], program: Command = new Command()): Promise<number> {
  program
    .name('zoetrope')
    .version(description.version)
    .description(
      'A sentence becomes a short looping animation: AnimateDiff in TypeScript, from the checkpoint files that people already have.',
    )
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()
  const named = args.find((arg) => !arg.startsWith('-'))
  const wanted = named !== undefined && named in commands ? [commands[named]!] : Object.values(commands)
  for (const load of wanted) (await load())(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof UserError) {
      program.configureOutput().writeErr?.(`${error.message}\n`)
      return 1
    }
    // Commander has said what was wrong, or printed the help that was asked for.
    if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') return error.exitCode
    throw error
  }
}
