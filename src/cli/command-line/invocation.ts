// The invocation: how this program was called, so that the commands it prints work as printed from where they were printed.

import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { shellQuote } from './shell-quote.ts'

export interface InvokedBy {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The folder of the project. */
  readonly project: string
}

/** Words to put before `animate …`: `npm run zoetrope --`, `zoetrope`, or node with the path of the program. */
export function commandPrefix({ environment, cwd, project }: InvokedBy): string {
  if (isNpmScript(environment)) {
    const from = relative(project, cwd)
    const inside = !from.startsWith('..') && !hasOwnPackage(project, cwd)
    return inside ? 'npm run zoetrope --' : `npm --prefix ${shellQuote(relative(cwd, project) || '.')} run zoetrope --`
  }
  if (environment['npm_lifecycle_event'] === 'npx' && environment['npm_command'] === 'exec') return 'npx zoetrope'
  const program = join(project, 'src/zoetrope.js')
  const path = (environment['PATH'] ?? '').split(delimiter)
  const installed = path.some((folder) => folder !== '' && leadsTo(join(folder, 'zoetrope'), program))
  return installed ? 'zoetrope' : `node ${shellQuote(relative(cwd, program))}`
}

/** npm says so to every process below it: of those, only the script's own is meant. */
export const isNpmScript = (environment: InvokedBy['environment']): boolean =>
  /^run(-script)?$/.test(environment['npm_command'] ?? '') && (environment['npm_lifecycle_script'] ?? '').startsWith('node src/zoetrope.js')

/** npm looks for the nearest package.json upward. */
function hasOwnPackage(project: string, cwd: string): boolean {
  const folders = relative(project, cwd).split(/[\\/]/)
  return folders.some((_, i) => folders[i] !== '' && existsSync(join(project, ...folders.slice(0, i + 1), 'package.json')))
}

function leadsTo(link: string, program: string): boolean {
  try {
    return realpathSync(link) === realpathSync(program)
  } catch {
    return false
  }
}
