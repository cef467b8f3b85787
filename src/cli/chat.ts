// `zoetrope chat`: the bot in this terminal, for whoever started it. All of it runs in this process and opens no port.

import { once } from 'node:events'
import { join } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { createLog } from '../log.ts'
import type { CommandLine } from './command-line/command-line.ts'

export function chatCommand(program: Command, { output, signal }: CommandLine): void {
  program
    .command('chat')
    .description('talk to the bot here, without a page, Discord or Slack')
    .action(async () => {
      const [{ startBot }, { createTerminal }] = await Promise.all([import('../bot/bot.ts'), import('../chat/terminal/index.ts')])
      const config = readConfig({ LOG_LEVEL: 'error', ...process.env }) // lines of the log would stand between the messages
      const log = createLog({ level: config.logLevel, secrets: config.secrets })
      const terminal = createTerminal({
        input: process.stdin,
        output: process.stdout,
        folder: join(config.home, 'terminal'),
        json: output.json,
      })
      const bot = await startBot(config, log, output.json ? output.note : output.line, () => [terminal])
      await Promise.race([once(process.stdin, 'end'), once(signal, 'abort'), once(process, 'SIGTERM')])
      await bot.stop()
    })
}
