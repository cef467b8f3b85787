// `zoetrope backup` and `zoetrope restore`: a home in one file, and back.

import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import description from '../../package.json' with { type: 'json' }
import { readConfig } from '../config.ts'
import { restoreBackup } from './backup/restore-backup.ts'
import { writeBackup } from './backup/write-backup.ts'
import type { CommandLine } from './command-line/command-line.ts'
import type { Output } from './terminal/output.ts'
import { inBytes } from './terminal/plain-text.ts'

export function backupCommand(program: Command, { output }: CommandLine): void {
  program
    .command('backup')
    .description('write all that a bot keeps (records, animations, styles, settings) to one file, also while it runs')
    .argument('<file>', 'where it is written, such as zoetrope.tar')
    .option('--models', 'with the models that were pulled: gigabytes that can be pulled again')
    .action((file: string, { models = false }: { readonly models?: boolean }) => backUp(file, models, output))
}

export function restoreCommand(program: Command, { output }: CommandLine): void {
  program
    .command('restore')
    .description('put a backup into an empty home (ZOETROPE_HOME)')
    .argument('<file>', 'what backup wrote')
    .action((file: string) => restore(file, output))
}

async function backUp(file: string, models: boolean, output: Output): Promise<void> {
  const { home, redisUrl } = readConfig(process.env)
  const { files } = await writeBackup({ home, file, models, version: description.version })
  const bytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  output.line(`${resolve(file)}  ${files.length} files, ${inBytes(bytes)}, readable by you alone`)
  output.data({ file: resolve(file), files: files.length, bytes })
  if (redisUrl !== undefined) output.note('Records that lie in Redis (REDIS_URL) are not in it: back up its append-only file too.')
  if (!models) output.note(`Pulled models (${join(home, 'models')}) are left out; --models takes them along.`)
}

async function restore(file: string, output: Output): Promise<void> {
  const { home } = readConfig(process.env)
  const { files, madeAt, version } = await restoreBackup(file, home)
  output.line(`${home}  ${files.length} files as they were on ${madeAt}, by version ${version}`)
  output.data({ home, files: files.length, madeAt, version })
}
