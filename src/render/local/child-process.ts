// A child process: what the parent holds of child.ts. Hands it calls and hears its answers; stays responsive whatever the child is
// doing, because all that is shared is a channel.

import { fork } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { omitUndefined } from '../../omit-undefined.ts'
import { ChildDied, killGroup, saidChars } from '../failures/child-died.ts'
import { type Death, deathOf } from '../failures/process-died.ts'
import type { PoolRenderOptions } from '../pool.ts'
import { childEnvironment } from './child-environment.ts'
import {
  type ChildCall,
  type ChildMessage,
  type ChildOptions,
  type ChildResult,
  childMessageIn,
  errorOf,
  type ParentMessage,
} from './protocol.ts'

export interface RenderProcess {
  /** Aborting the signal stops it between two steps. @throws what the call failed with there; ChildDied */
  call(what: ChildCall, options: Pick<PoolRenderOptions, 'signal' | 'onProgress'>): Promise<ChildResult>
  /** Resolves when it is gone, with every process that it has started. @param why told instead of the signal */
  kill(why?: Death): Promise<void>
}

export interface RenderProcessOptions {
  readonly program: string
  readonly child: Omit<ChildOptions, 'temporaryFolder'>
  /** Beside what it is given of ours. */
  readonly environment?: NodeJS.ProcessEnv
  /** It is killed where it does not stop within this long after an abort. */
  readonly abortGraceMs: number
  readonly onTrouble: (sentence: string) => void
  /** After every call that was under way has failed. @param idle nothing was under way */
  readonly onExit: (died: ChildDied, idle: boolean) => void
  readonly onStart: (pid: number) => void
}

interface PendingCall {
  readonly resolve: (value: ChildResult) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: (progress: Extract<ChildMessage, { kind: 'progress' }>['progress']) => void
}

export function startRenderProcess({
  program,
  child,
  environment,
  abortGraceMs,
  onTrouble,
  onExit,
  onStart,
}: RenderProcessOptions): RenderProcess {
  // Its own, so that nothing is left of it however it ends.
  const temporaryFolder = temporaryFolderOrNone()
  // A library that prints on the first descriptor after those of every program does not print into the channel.
  const nowhere = openSync(devNull, 'r+')
  const process = fork(program, [JSON.stringify({ ...child, ...omitUndefined({ temporaryFolder }) } satisfies ChildOptions)], {
    env: childEnvironment(globalThis.process.env, {
      ...environment,
      ...(temporaryFolder !== undefined && { TMPDIR: temporaryFolder, TEMP: temporaryFolder, TMP: temporaryFolder }),
    }),
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', nowhere, 'ipc'],
    // A process group of its own, which can be killed as one: what it has started does not outlive it. Windows has none.
    detached: globalThis.process.platform !== 'win32',
  })
  closeSync(nowhere)
  const pending = new Map<number, PendingCall>()
  let calls = 0
  let said = ''
  let gone = false
  let killedFor: Death | undefined
  if (process.pid !== undefined) onStart(process.pid)
  process.stderr?.on('data', (text: Buffer) => {
    said = (said + text).slice(-saidChars)
  })
  process.on('message', (message) => {
    const answer = childMessageIn(message)
    if (answer) hear(answer)
    else void kill({ cause: 'garbled', how: 'an answer that is none' })
  })
  process.on('error', ({ message: how }) => {
    if (process.pid === undefined) die({ cause: 'ended', how })
    else void kill({ cause: 'ended', how })
  })
  // Whoever no longer listens cannot answer.
  process.on('disconnect', () => void kill())
  process.on('exit', (code, signal) => die(killedFor ?? deathOf(code, signal)))

  function hear(answer: ChildMessage): void {
    if (answer.kind === 'trouble') {
      onTrouble(answer.sentence)
      return
    }
    const call = pending.get(answer.id)
    if (answer.kind === 'progress') {
      call?.onProgress(answer.progress)
      return
    }
    pending.delete(answer.id)
    if (answer.kind === 'done') call?.resolve(answer.value)
    else call?.reject(errorOf(answer.failure))
  }

  function die(death: Death): void {
    if (gone) return
    gone = true
    killGroup(process)
    if (temporaryFolder !== undefined) rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 5 })
    const died = new ChildDied('the child process', death, said.trim())
    const under = [...pending.values()]
    pending.clear()
    onExit(died, under.length === 0)
    for (const { reject } of under) reject(died)
  }

  async function kill(why?: Death): Promise<void> {
    killedFor ??= why
    if (gone) return
    const exited = new Promise<void>((resolve) => process.once('exit', () => resolve()))
    killGroup(process) // a step cannot be cancelled; what it was writing has not been renamed into place and counts for nothing
    await exited
  }

  return {
    call(what, { signal, onProgress }) {
      const id = ++calls
      return new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined
        const abort = (): void => {
          if (process.connected) process.send({ kind: 'abort', id } satisfies ParentMessage)
          timer = setTimeout(() => void kill(), abortGraceMs)
        }
        signal?.addEventListener('abort', abort, { once: true })
        const over = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
        }
        pending.set(id, {
          resolve: (value) => [over(), resolve(value)],
          reject: (error) => [over(), reject(error)],
          onProgress: (progress) => signal?.aborted || onProgress?.(progress),
        })
        process.send({ ...what, id } as ParentMessage)
      })
    },
    kill,
  }
}

/** Whoever needs one, and is given none, says so. */
function temporaryFolderOrNone(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), 'zoetrope-'))
  } catch {
    return undefined
  }
}
