// Before anybody asks: says what draws, and loads what most requests will need, so that the first one does not wait for it.

import { UserError } from '../errors.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import type { Log } from '../log.ts'
import { WorkerClosed } from '../render/local/host.ts'
import type { Worker } from '../render/local/worker.ts'
import type { Styles } from '../styles/styles.ts'

/** @param tell a sentence for the operator */
export async function warmUp(
  worker: Pick<Worker, 'device' | 'warm'>,
  styles: Pick<Styles, 'model' | 'recipe'>,
  log: Log,
  tell: (sentence: string) => void,
): Promise<void> {
  try {
    const { name, notes } = await worker.device()
    tell(`Drawing on ${name}.`)
    log.info({ device: name, notes }, 'a device was chosen')
    await worker.warm(await styles.recipe(await usualRequest(styles)))
    log.info('warm')
  } catch (error) {
    if (error instanceof WorkerClosed) return
    if (error instanceof UserError) tell(error.message)
    log.error({ err: error }, 'nothing can be drawn')
  }
}

/** What somebody gets who says nothing but a sentence. */
async function usualRequest(styles: Pick<Styles, 'model'>): Promise<AnimationRequest> {
  const { width, height, frames, fps, steps, guidance, negative, clipSkip } = await styles.model()
  return { prompt: '', negative, width, height, frames, fps, steps, guidance, seed: '0', clipSkip, format: 'webp' }
}
