// ffmpeg, the one program of others: where it is, and how it is run. Only numbers and our own paths stand in its arguments.

import { execFile, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { UserError } from '../errors.ts'
import { harmlessEnvironment } from '../harmless-environment.ts'

const NONE_NEEDED = 'WebP and GIF need none.'
const START_TIMEOUT_MS = 10_000
const STDERR_BYTES = 4096

const found = new Map<string, Promise<string>>()

/**
 * A path that runs and has H.264: `bin` alone where it is given; otherwise ffmpeg-static's, where somebody let its install script fetch it; the
 * system's; or @ffmpeg-installer's, which is older and comes by its hash.
 * The first search of a process is remembered, a failed one is not.
 *
 * @throws UserError `ffmpeg-missing`
 */
export function findFfmpeg({ bin }: { bin?: string } = {}): Promise<string> {
  const key = bin ?? ''
  const search = found.get(key) ?? (bin === undefined ? firstThatRuns() : theOne(bin))
  found.set(key, search)
  search.catch(() => found.delete(key))
  return search
}

async function theOne(bin: string): Promise<string> {
  const problem = await problemOf(bin)
  if (problem === undefined) return bin
  throw new UserError('ffmpeg-missing', `MP4 needs ffmpeg, but "${bin}", which FFMPEG_BIN names, ${problem}. ${NONE_NEEDED}`, { bin })
}

async function firstThatRuns(): Promise<string> {
  const candidates = [packaged('ffmpeg-static'), 'ffmpeg', packaged('@ffmpeg-installer/ffmpeg')]
  for (const path of candidates) if (path !== undefined && (await problemOf(path)) === undefined) return path
  const how = 'Install ffmpeg with libx264, or name one in FFMPEG_BIN'
  throw new UserError('ffmpeg-missing', `MP4 needs ffmpeg, and none that runs was found. ${how}. ${NONE_NEEDED}`)
}

/** The binary that an npm package carries: the package's whole export, or its `path`. */
function packaged(name: string): string | undefined {
  try {
    const exported: unknown = createRequire(import.meta.url)(name)
    if (typeof exported === 'string') return exported
    return (exported as { path?: string } | null)?.path
  } catch {
    return undefined // optional, or without a binary for this platform
  }
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-version'], {
      env: harmlessEnvironment(process.env),
      timeout: START_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    return stdout.includes('--enable-libx264') ? undefined : 'was built without libx264'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'does not run'
  }
}

export interface FfmpegRun {
  readonly args: readonly string[]
  /** Parts are asked for as ffmpeg reads them. */
  readonly input: Uint8Array | Iterable<Uint8Array, void>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs ffmpeg with `input` on its standard input until it ends.
 *
 * @returns what it wrote on standard output
 * @throws UserError `ffmpeg-died`, `ffmpeg-hung` or `ffmpeg-missing`, with its last line; the signal's reason
 */
export function runFfmpeg(path: string, { args, input, timeoutMs, signal }: FfmpegRun): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const child = spawn(path, ['-nostdin', '-hide_banner', '-loglevel', 'error', ...args], {
      env: harmlessEnvironment(process.env),
      stdio: 'pipe',
      windowsHide: true,
    })
    const output: Uint8Array[] = []
    let stderr = ''
    const over = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const stop = () => {
      child.kill('SIGKILL')
      // A grandchild may hold the pipes open, and then "close" would never come.
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const abort = () => {
      over()
      stop()
      reject(signal?.reason)
    }
    const fail = (code: string, what: string) => {
      over()
      const last = stderr
        .trim()
        .split(/[\r\n]+/)
        .at(-1)
      reject(new UserError(code, `${what}${last ? `; it said: ${last}` : '.'}`, { path }))
    }
    signal?.addEventListener('abort', abort, { once: true })
    const timer = setTimeout(() => {
      stop()
      fail('ffmpeg-hung', `ffmpeg was stopped because it did not finish in ${timeoutMs / 1000} seconds`)
    }, timeoutMs)
    child.on('error', (error) => fail('ffmpeg-missing', `ffmpeg could not be started (${error.message})`))
    child.on('close', (code, killedBy) => {
      over()
      if (code === 0) resolve(Buffer.concat(output))
      else fail('ffmpeg-died', `ffmpeg ended with ${killedBy === null ? `code ${code}` : `signal ${killedBy}`}`)
    })
    child.stdout.on('data', (part: Uint8Array) => output.push(part))
    child.stderr.on('data', (part: Buffer) => {
      stderr = (stderr + part).slice(-STDERR_BYTES)
    })
    // A child that ends early breaks the pipe; its exit code tells the story.
    child.stdin.on('error', () => {})
    const parts = Readable.from(input instanceof Uint8Array ? [input] : input)
    parts.on('error', (error) => {
      over()
      stop()
      reject(error)
    })
    parts.pipe(child.stdin)
  })
}
