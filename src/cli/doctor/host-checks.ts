// Checks of this host: Node, the folder of everything that is kept, disk, ports, ffmpeg.

import { constants, existsSync, statSync } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { isLoopbackHost } from '../../chat/web/config.ts'
import { findFfmpeg } from '../../media/ffmpeg.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { inBytes } from '../terminal/plain-text.ts'
import { bad, type Finding, good, poor } from './finding.ts'

/** @param wanted the version that the package was tested with, `24.21.0` */
export function checkNode(found: string, wanted: string): Finding {
  const major = (version: string): number => Number(/\d+/.exec(version)?.[0])
  if (major(found) === major(wanted)) return good('Node', found)
  if (major(found) > major(wanted))
    return poor('Node', found, `Zoetrope is tested with Node ${wanted}: start it by npm, which brings that one.`)
  return bad('Node', found, `Node ${wanted} is needed: start it by npm, which brings it.`)
}

/** Room for records and animations; models are larger, and what pulls one says so. */
const leastBytes = 200e6
const enoughBytes = 5e9

export async function checkHome(home: string): Promise<readonly Finding[]> {
  const there = existing(home)
  try {
    await access(there, constants.W_OK | constants.R_OK)
  } catch {
    return [bad('Home', home, `This user cannot write in ${there}: change its owner, or name another folder in ZOETROPE_HOME.`)]
  }
  const open = there === home && process.platform !== 'win32' && (statSync(home).mode & 0o077) !== 0
  const { bavail, bsize } = await statfs(there)
  const free = bavail * bsize
  const disk = `${inBytes(free)} free`
  return [
    open ? poor('Home', home, `Others on this machine can read it: chmod 700 ${home}`) : good('Home', home),
    free < leastBytes
      ? bad('Disk', disk, `Make room where ${home} lies: without ${inBytes(leastBytes)} nothing can be kept.`)
      : free < enoughBytes
        ? poor('Disk', disk, `Make room where ${home} lies, or keep animations for fewer days (RETENTION_DAYS).`)
        : good('Disk', disk),
  ]
}

/** The folder itself or the nearest one above it that is there. */
const existing = (folder: string): string => (existsSync(folder) ? folder : existing(dirname(folder)))

/** @param hosts names under which it may be reached */
export async function checkPage({
  host,
  port,
  hosts,
}: {
  readonly host: string
  readonly port: number
  readonly hosts: readonly string[]
}) {
  if (!isLoopbackHost(host) && hosts.length === 0)
    return bad(
      'Page',
      `${host}:${port}, under no name`,
      'Others reach it there: set HOSTS to the names under which they may, or HOST to 127.0.0.1.',
    )
  return checkPort('Page', host, port, 'PORT')
}

export async function checkPort(what: string, host: string, port: number, setting: string): Promise<Finding> {
  if (port === 0) return good(what, 'any that is free')
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
  const address = `${host}:${port}`
  if (code === undefined) return good(what, `${address} is free`)
  if (code === 'EADDRINUSE')
    return poor(what, `${address} is taken`, `If the bot is not running, something else has it: name another in ${setting}.`)
  return bad(what, `${address}: ${code}`, `Name an address of this machine that this user may listen on, in ${setting}.`)
}

export async function checkFfmpeg(bin: string | undefined): Promise<Finding> {
  try {
    return good('ffmpeg', await findFfmpeg(omitUndefined({ bin })))
  } catch (error) {
    return poor('ffmpeg', 'none', (error as Error).message)
  }
}
