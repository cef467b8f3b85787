// Warm-up: before anybody asks, says what renders, and loads what most requests will need, so that the first one does not wait for it.

import { requiredSettingsIn } from '../draw-settings.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import type { Log } from '../log.ts'
import { omitUndefined } from '../omit-undefined.ts'
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

/** What somebody gets who says nothing but a sentence, and perhaps a style. */
export async function usualRequest(styles: Pick<Styles, 'model'>, style?: string): Promise<AnimationRequest> {
  const model = await styles.model(style)
  return { ...requiredSettingsIn(model), prompt: '', negative: model.negative, seed: '0', format: 'webp', ...omitUndefined({ style }) }
}
