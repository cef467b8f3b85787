// What comes of an attempt that its host has ended: its outcome is read, and what it has drawn or learned is handed to whoever asked.

import { omitUndefined } from '../../../../omit-undefined.ts'
import { readContent } from '../../../content-store/checked-content.ts'
import { type ContentStore, NotStored, WrongContent } from '../../../content-store/content-store.ts'
import { errorOf } from '../../../local/protocol.ts'
import { runKey } from '../../protocol/keys.ts'
import { outcomeSchema, type RunOutcome } from '../../protocol/messages/outcome.ts'
import { unpackAnimations } from '../../protocol/packed-animations.ts'
import { NotAuthentic, type Signature } from '../../protocol/signature.ts'
import { type Placed, type RemoteRun, rejectRun, resolveRun } from '../runs/remote-run.ts'
import { attemptAt, type RunEvent } from '../runs/run-event.ts'
import type { AttemptEnds } from './attempt-ends.ts'

export interface SettleAttemptParts {
  readonly ends: AttemptEnds
  readonly signature: Pick<Signature, 'open'>
  readonly store: Pick<ContentStore, 'get'>
  /** A slot may be free. */
  readonly onOver: () => void
  /** For the operator. */
  readonly onTrouble: (sentence: string) => void
  readonly onEvent: (event: RunEvent) => void
}

/** @returns settles a run that is still where it was placed; `value` is what its host has signed */
export function createSettleAttempt(parts: SettleAttemptParts): (run: RemoteRun, where: Placed, value: unknown) => Promise<void> {
  const { ends, signature, store, onOver, onTrouble, onEvent } = parts

  async function settle(run: RemoteRun, where: Placed, value: unknown): Promise<void> {
    const outcome = read(run, value)
    if (outcome instanceof NotAuthentic) {
      ends.lose(run, { of: 'host', how: `its outcome ${outcome.message}` })
      return
    }
    const sha256 = outcome.kind === 'done' ? outcome.animation.sha256 : undefined
    if (run.answered) {
      ends.endUnwanted(run, sha256)
      return
    }
    const key = runKey(run)
    switch (outcome.kind) {
      case 'done': {
        const bytes = await bytesOf(outcome.animation)
        const animations = bytes && unpackAnimations(bytes, outcome)
        if (run.where !== where) return
        if (!animations) {
          ends.lose(run, { of: 'host', how: 'its result was lost' })
          return
        }
        const { notes, closing, stepMs, renderMs, device } = outcome
        onEvent({ kind: 'ended', ...attemptAt(where, key), device, renderMs, stepMs })
        ends.conclude(run, { well: true, ...omitUndefined({ sha256 }) })
        resolveRun(run, {
          ...animations,
          notes,
          stepMs,
          renderMs,
          ...omitUndefined({ closing }),
        })
        break
      }
      case 'warm':
        ends.conclude(run, { well: true })
        resolveRun(run, undefined)
        break
      case 'learned': {
        const kept = await run.onSnapshot?.(outcome.snapshot)
        if (run.where !== where) return
        if (!kept) {
          ends.lose(run, { of: 'host', how: 'its result was lost' })
          return
        }
        onEvent({ kind: 'ended', ...attemptAt(where, key) })
        ends.conclude(run, { well: true })
        resolveRun(run, undefined)
        break
      }
      case 'failed':
        onEvent({ kind: 'ended', ...attemptAt(where, key) })
        ends.conclude(run, { well: false })
        rejectRun(run, errorOf(outcome.failure))
        break
      case 'died':
        ends.lose(run, { of: 'process', cause: outcome.cause, how: outcome.how })
        return
      case 'missing':
        onTrouble(`GPU host ${where.name} could not get a file: ${outcome.why}`)
        run.avoid.add(where.host)
        ends.handBack(run)
        return
      case 'stopped':
        if (outcome.snapshot) await run.onSnapshot?.(outcome.snapshot)
        if (run.where !== where) return
        ends.handBack(run)
        return
    }
    onOver()
  }

  function read(run: RemoteRun, value: unknown): RunOutcome | NotAuthentic {
    try {
      const { body } = signature.open('outcome', value, outcomeSchema)
      return body.run === runKey(run) ? body : new NotAuthentic(`is that of ${body.run}`)
    } catch (error) {
      if (error instanceof NotAuthentic) return error
      throw error
    }
  }

  async function bytesOf(content: { readonly sha256: string; readonly bytes: number }): Promise<Uint8Array | undefined> {
    try {
      return await readContent(store, content)
    } catch (error) {
      if (error instanceof NotStored || error instanceof WrongContent) return undefined
      throw error
    }
  }

  return settle
}
