// Warm-up: before anybody asks, says what renders, and loads what most requests will need, so that the first one does not wait for it.

import { requiredSettingsIn } from '../draw-settings.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import type { Log } from '../log.ts'
import type { RenderPool } from '../render/pool.ts'
import type { Styles } from '../styles/styles.ts'

/** @param tell a sentence for the operator @throws UserError where nothing can be drawn */
export async function warmUp(
  pool: Pick<RenderPool, 'device' | 'warm'>,
  styles: Pick<Styles, 'model' | 'recipe'>,
  log: Log,
  tell: (sentence: string) => void,
): Promise<void> {
  const beganMs = performance.now()
  const { name, notes } = await pool.device()
  tell(`Drawing on ${name}.`)
  log.info({ device: name, notes }, 'a device was chosen')
  await pool.warm(await styles.recipe(await usualRequest(styles)))
  log.info({ durationMs: Math.round(performance.now() - beganMs) }, 'warm')
}

/** What somebody gets who says nothing but a sentence. */
async function usualRequest(styles: Pick<Styles, 'model'>): Promise<AnimationRequest> {
  const model = await styles.model()
  return { ...requiredSettingsIn(model), prompt: '', negative: model.negative, seed: '0', format: 'webp' }
}
