// `zoetrope bot`: the bot, for those who installed a package and have no `npm start`.

import type { Command } from 'commander'
import { settingsTable } from '../config.ts'

export function botCommand(program: Command): void {
  program
    .command('bot')
    .description('the bot: a page on this machine, and Discord and Slack where they are configured')
    .addHelpText('after', () => `\nSettings, from the environment:\n\n${settingsTable()}`)
    .action(async () => {
      await import('../bot.ts') // runs until it is asked to stop
    })
}
