// The entry point of `npm start`: the bot, until it is asked to stop.

import { startBot } from './bot/bot.ts'
import { readServiceArguments } from './cli/command-line/service-arguments.ts'
import { readConfig } from './config.ts'
import { UserError } from './errors.ts'
import { createLog } from './log.ts'
import { untilAskedToStop } from './until-asked-to-stop.ts'

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`)

/** A training that runs here ends after its step, which may take half a minute, and keeps its state. */
const lateMs = 45_000

// `zoetrope bot` has read its own
const args = import.meta.main ? process.argv.slice(2) : []
const about = 'The bot: a page on this machine, and Discord and Slack where they are configured.'
if (readServiceArguments(args, { command: 'npm start', about })) await run()

async function run(): Promise<void> {
  try {
    const config = readConfig(process.env)
    const log = createLog({ level: config.logLevel, secrets: config.secrets })
    // what was accepted is written down: the next start goes on from there
    process.on('uncaughtExceptionMonitor', (error) => log.fatal({ err: error }, 'the bot ends'))
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was left alone'))
    const bot = await startBot(config, log, say)
    const stopped = untilAskedToStop()
    // What kept it from drawing has been said, and is looked at again and again.
    void bot.ready.then((ready) => say(ready ? 'Ready. Ctrl+C stops it.' : 'The bot answers, and cannot draw yet. Ctrl+C stops it.'))
    await stopped
    say('Stopping; what waits goes on at the next start.')
    const late = setTimeout(() => process.exit(1), lateMs)
    late.unref()
    await bot.stop()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
