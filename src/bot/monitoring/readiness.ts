// Readiness: whether anything can be drawn. What keeps it from being is told to the operator, who alone can mend it; whoever asks for an
// animation meanwhile is told that this has been done.

import type { Clock } from '../../clock.ts'
import { UserError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { PoolClosed } from '../../render/pool.ts'

export interface Readiness {
  /** Whether something can be drawn, once that is known. */
  readonly known: Promise<boolean>
  /** For the operator; undefined while all is well. */
  trouble(): string | undefined
  /** Hands on what it gives. @throws UserError cannot-draw in place of what is the operator's to mend */
  guard<T>(work: () => Promise<T>): Promise<T>
  stop(): void
}

export interface ReadinessParts {
  /** Loads what most requests need. @throws UserError where that cannot be */
  readonly check: () => Promise<void>
  readonly clock: Pick<Clock, 'after'>
  /** A sentence for the operator. */
  readonly tell: (sentence: string) => void
  readonly log: Pick<Log, 'error' | 'info'>
}

/** Drivers come back, and files are put where they were missed. */
const againMs = 30_000

export function createReadiness({ check, clock, tell, log }: ReadinessParts): Readiness {
  let trouble: string | undefined = 'what draws is being loaded'
  let looking = false
  let stopped = false
  let told: string | undefined
  let callOff: (() => void) | undefined
  const { promise: known, resolve: becomesKnown } = Promise.withResolvers<boolean>()

  async function look(): Promise<void> {
    if (looking || stopped) return
    looking = true
    callOff?.()
    try {
      await check()
      if (told !== undefined) tell('Ready: what kept the bot from drawing is mended.')
      trouble = told = undefined
      becomesKnown(true)
    } catch (error) {
      if (error instanceof PoolClosed) return
      report(error)
      trouble = sentenceOf(error)
      becomesKnown(false)
      if (!stopped) callOff = clock.after(againMs, look)
    } finally {
      looking = false
    }
  }

  /** Once, however many run into it. */
  function report(error: unknown): void {
    const sentence = sentenceOf(error)
    if (told === sentence) return
    told = sentence
    tell(`Nothing can be drawn: ${sentence}`)
    log.error({ err: error }, 'nothing can be rendered')
  }

  void look()
  return {
    known,
    trouble: () => trouble,
    async guard(work) {
      try {
        return await work()
      } catch (error) {
        if (!isForOperator(error)) throw error
        log.error({ err: error }, 'something that is asked for cannot be rendered')
        void look()
        throw new UserError('cannot-draw', 'The bot cannot draw this just now; its operator has been told.', {}, { cause: error })
      }
    },
    stop() {
      stopped = true
      callOff?.()
    },
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const operatorCodes = new Set(['device-not-started', 'no-space', 'no-disk-space', 'not-writable', 'store-unreachable'])

/** What speaks of files of this host, or of the host itself. Of ffmpeg people are told what they can do without it. */
function isForOperator(error: unknown): boolean {
  if (!(error instanceof UserError)) return false
  const { code, data } = error
  return operatorCodes.has(code) || (!code.startsWith('ffmpeg-') && ('path' in data || 'file' in data))
}
