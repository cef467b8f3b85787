// The entry point of `npm run gpu-host`: a GPU host, until it is asked to stop.

import { readServiceArguments } from './cli/command-line/service-arguments.ts'
import { readConfig } from './config.ts'
import { UserError } from './errors.ts'
import { createLog } from './log.ts'
import { startHost } from './render/bullmq/host.ts'
import { untilAskedToStop } from './until-asked-to-stop.ts'

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`)

const about = 'A GPU host: takes work from the bot through Redis; needs no open port.'
if (readServiceArguments(process.argv.slice(2), { command: 'npm run gpu-host', about })) await run()

async function run(): Promise<void> {
  try {
    const config = readConfig(process.env)
    const log = createLog({ level: config.logLevel, secrets: config.secrets })
    process.on('uncaughtExceptionMonitor', (error) => log.fatal({ err: error }, 'the GPU host ends'))
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was left alone'))
    const host = await startHost(config, log, say)
    say('Ready. Ctrl+C stops it.')
    await untilAskedToStop()
    say('Stopping: what runs is finished, or handed back.')
    setTimeout(() => process.exit(1), config.host.drainMs + 30_000).unref()
    await host.stop()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
