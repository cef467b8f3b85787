// A remote run that trains. What it has come to is kept here again and again, so that any other host goes on from there.

import { basename } from 'node:path'
import { omitUndefined } from '../../../../omit-undefined.ts'
import { serial } from '../../../../serial.ts'
import type { TrainingRequest } from '../../../../trainer/training-request.ts'
import type { ContentStore } from '../../../content-store/content-store.ts'
import { contentsOfTraining, type PortableTraining, toPortableTraining } from '../../../training/portable-training.ts'
import type { TrainingRunnerOptions, TrainingToRun } from '../../../training/trainer.ts'
import { putSnapshot, type TrainingSnapshot, takeSnapshot } from '../../../training/training-snapshot.ts'
import { modelKeysOf } from '../../protocol/model-keys.ts'
import { type LocalContent, localContents } from '../file-sender.ts'
import type { HostNeeds } from '../hosts/pick-host.ts'
import { newRun, type RemoteRun } from './remote-run.ts'
import { type RemoteRunParts, singleContents } from './render-run.ts'

/** A host fetches what it was sent before it begins. */
const keptMs = 3_600_000

export interface TrainingRunParts extends RemoteRunParts {
  readonly store: Pick<ContentStore, 'put' | 'get' | 'delete'>
  readonly onError: (error: unknown) => void
}

/** As hosts call it: a job that trains draws an example under its own name. */
export const trainingRunId = (job: string): string => `${job}-training`

/** @param impatient whoever asked can train without a host */
export async function trainingRun(
  { id, request, out, traceparent }: TrainingToRun,
  { onStep, onPausing }: Pick<TrainingRunnerOptions, 'onStep' | 'onPausing'>,
  impatient: boolean,
  { contents, maxSentBytes, now, store, onError }: TrainingRunParts,
): Promise<RemoteRun> {
  const inTurn = serial()
  const files: LocalContent[] = []
  /** Of the last snapshot; a host that goes on from it may still fetch them. */
  let held: readonly string[] = []
  const portable = await toPortableTraining(request, async (path) => {
    const content = await contents.of(path)
    files.push(...localContents(content, path))
    return content
  })
  async function forget(except: readonly string[] = []): Promise<void> {
    const old = held.filter((sha256) => !except.includes(sha256))
    held = except
    // What cannot be cleared away expires.
    await Promise.all(old.map((sha256) => store.delete(sha256).catch(onError)))
  }

  const run = newRun({
    id: trainingRunId(id),
    async order() {
      const snapshot = await inTurn(() => putSnapshot(store, out, keptMs))
      held = [...held, ...(snapshot?.files ?? []).map(({ sha256 }) => sha256)]
      return { kind: 'train', training: portable, outName: basename(out), ...omitUndefined({ snapshot, traceparent }) }
    },
    needs: needsOf(portable, maxSentBytes),
    files,
    impatient,
    nowMs: now(),
    onProgress({ step, of, pausing, snapshot }) {
      onStep({ kind: 'step', step, of })
      onPausing(pausing === true)
      if (!snapshot) return
      keep(snapshot).then((kept) => {
        if (kept && !run.answered) onStep({ kind: 'saved', step, of })
      }, onError)
    },
    onSnapshot: keep,
  })

  /** One after the other, so that the last one that came is the one that is there. */
  function keep(snapshot: TrainingSnapshot): Promise<boolean> {
    return inTurn(async () => {
      if (!(await takeSnapshot(store, snapshot, out))) return false
      // What came this far is not lost with its host.
      run.lost = 0
      await forget(snapshot.files.map(({ sha256 }) => sha256))
      return true
    })
  }

  run.answer.promise.then(
    () => inTurn(() => forget()),
    () => inTurn(() => forget()),
  )
  return run
}

export async function trainingNeeds(
  request: TrainingRequest,
  { contents, maxSentBytes }: Pick<RemoteRunParts, 'contents' | 'maxSentBytes'>,
): Promise<HostNeeds> {
  return needsOf(await toPortableTraining(request, contents.of), maxSentBytes)
}

function needsOf(training: PortableTraining, maxSentBytes: number): HostNeeds {
  const { width, height, frames, model } = training
  const contents = singleContents(contentsOfTraining(training))
  return { lane: 'training', request: { width, height, frames }, model: modelKeysOf({ ...model, loras: [] }), contents, maxSentBytes }
}
