// The trainer of this machine: a process of its own for each training, which waits while anything is drawn here.

import { SchedulerStops } from '../../jobs/renderer.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { ChildDied } from '../failures/child-died.ts'
import { isOutOfMemory, outOfMemory } from '../failures/out-of-memory.ts'
import { processDied } from '../failures/process-died.ts'
import type { WatchdogLimits } from '../failures/watchdog.ts'
import type { PoolActivity } from './pool-activity.ts'
import type { TrainingRunner } from './trainer.ts'
import { runTrainingProcess } from './training-process.ts'
import type { TrainingPlace } from './training-recipe.ts'

export interface LocalTrainerParts {
  /** Of what draws on the same device; absent: nothing does. */
  readonly activity?: PoolActivity
  readonly place: TrainingPlace
  /** Which of the machine's devices it is to see. */
  readonly environment?: NodeJS.ProcessEnv
  readonly watchdog?: WatchdogLimits
  readonly onTrouble: (error: unknown) => void
  readonly onStart?: (pid: number) => void
}

/** How often a process is begun that dies before it has come any further. */
const attempts = 2

export function createLocalTrainer({ activity, place, environment, watchdog, onTrouble, onStart }: LocalTrainerParts): TrainingRunner {
  return {
    async train({ request, out }, { signal, onStep, onPausing, preview }) {
      /** A preview of its own is the first to give way. */
      function onPause(change: (waits: boolean) => void): () => void {
        if (!activity) return () => undefined
        return activity.onCount((count) => {
          change(count > 0)
          const others = count - Number(preview.drawing())
          if (others > 0) preview.abandon()
          onPausing(others > 0)
        })
      }

      let attempt = 1
      const options = {
        ...{ signal, onPause },
        onStep(message: Parameters<typeof onStep>[0]) {
          if (message.kind === 'saved') attempt = 1
          onStep(message)
        },
        // After a start of the bot.
        comesAgain: (reason: unknown) => reason instanceof SchedulerStops,
        ...omitUndefined({ environment, watchdog, onStart }),
      }
      for (; ; attempt++) {
        try {
          return await runTrainingProcess({ request, out, ...place }, options)
        } catch (error) {
          if (signal.aborted) throw signal.reason
          if (!(error instanceof ChildDied)) throw error
          onTrouble(error)
          if (attempt < attempts) continue
          if (isOutOfMemory(error.said)) throw outOfMemory(error.said)
          throw processDied('learns', error.death)
        }
      }
    },
  }
}
