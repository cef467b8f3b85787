// What a GPU host tells of a failure: as it was, without the folders of the host, which are nobody else's business.

import { type Failure, failureOf } from '../../local/protocol.ts'

/** Of what is told: the rest is in the log of the host. */
const mostChars = 4000
const mostStackChars = 20_000

/** @param names what paths of this host are called elsewhere */
export function hostFailure(error: unknown, names: ReadonlyMap<string, string>, folders: readonly string[]): Failure {
  const hide = (text: string): string => {
    const files = [...names].reduce((left, [path, name]) => left.replaceAll(path, name), text)
    return folders.reduce((left, folder) => left.replaceAll(folder, '…'), files).slice(0, mostChars)
  }
  const failure = failureOf(error)
  if (failure.kind === 'bug') return { ...failure, message: hide(failure.message), stack: failure.stack.slice(0, mostStackChars) }
  return { ...failure, message: hide(failure.message), data: hidden(failure.data, hide) as Readonly<Record<string, unknown>> }
}

/** As JSON: what else there is does not come across. */
function hidden(data: unknown, hide: (text: string) => string): unknown {
  return JSON.parse(JSON.stringify(data ?? {}, (_key, value) => (typeof value === 'string' ? hide(value) : value)))
}
