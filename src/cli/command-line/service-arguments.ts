// The arguments of a service, `npm start` and `npm run gpu-host`: none but those that ask for help. Settings come from the environment.

import { settings, settingsTable } from '../../config.ts'
import { shellQuote } from './shell-quote.ts'

export interface Service {
  /** As people start it: npm start. */
  readonly command: string
  readonly about: string
}

/** @returns whether it is to run; otherwise what was asked for, or is wrong, has been said */
export function readServiceArguments(args: readonly string[], { command, about }: Service): boolean {
  const stranger = args.find((arg) => arg !== '--help' && arg !== '-h')
  if (stranger !== undefined) {
    const sentence = `${command} takes no '${stranger}': settings are read from the environment${exampleOf(args, command)}.`
    process.stderr.write(`${sentence}\n\n${settingsTable()}\n`)
    process.exitCode = 2
  } else if (args.length > 0) {
    process.stdout.write(`${command}\n\n${about}\n\nSettings, from the environment:\n\n${settingsTable()}\n`)
  }
  return args.length === 0
}

/** `--port 1` is what others call PORT=1. */
function exampleOf([flag = '', next]: readonly string[], command: string): string {
  const [name = '', value = next ?? '…'] = flag.replace(/^-+/, '').split('=')
  const setting = name.toUpperCase().replaceAll('-', '_')
  return settings.includes(setting) ? `: ${setting}=${shellQuote(value)} ${command}` : ''
}
