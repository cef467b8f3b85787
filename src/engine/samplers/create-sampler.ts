// The registry of samplers: a rule for each name, and the defaults of their settings.

import type { SamplerName } from '../draw-settings.ts'
import { UserError } from '../errors.ts'
import { alphasCumprod, trainSteps, zeroTerminalSnr } from './betas.ts'
import { ddim } from './ddim.ts'
import { dpmpp2m } from './dpmpp-2m.ts'
import { dpmpp2mSde } from './dpmpp-2m-sde.ts'
import { euler } from './euler.ts'
import { eulerAncestral } from './euler-ancestral.ts'
import { lcm } from './lcm.ts'
import { pndm } from './pndm.ts'
import type { Sampler, SamplerConfig, SamplerSettings } from './sampler.ts'

const rules: Readonly<Record<SamplerName, (settings: SamplerSettings, alphas: Float64Array) => Sampler>> = {
  ddim,
  euler,
  'euler-karras': euler,
  'euler-ancestral': eulerAncestral,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-karras': dpmpp2m,
  'dpmpp-2m-sde': dpmpp2mSde,
  'dpmpp-2m-sde-karras': dpmpp2mSde,
  lcm,
  pndm,
}

/** @throws UserError `sampler-steps`, `sampler-eta` */
export function createSampler(config: SamplerConfig): Sampler {
  const settings: SamplerSettings = {
    betaStart: 0.00085,
    betaEnd: 0.012,
    zeroTerminalSnr: false,
    stepsOffset: 1,
    end: 'clean',
    originalSteps: 50,
    eta: 0,
    ...config,
  }
  const { name, steps, eta } = settings
  const most = name === 'lcm' ? settings.originalSteps : trainSteps - 1
  if (!Number.isInteger(steps) || steps < 1 || steps > most) {
    throw new UserError('sampler-steps', `The sampler ${name} takes a whole number of steps from 1 to ${most}, not ${steps}.`, {
      name,
      steps,
      most,
    })
  }
  if (!(eta >= 0 && eta <= 1)) throw new UserError('sampler-eta', `eta runs from 0 to 1, not ${eta}.`, { eta })
  return rules[name](settings, alphasFor(settings))
}

/** ᾱ of every training step, as a net was trained on them. */
export function alphasFor({
  betas,
  betaStart = 0.00085,
  betaEnd = 0.012,
  zeroTerminalSnr: stretched = false,
}: Pick<SamplerConfig, 'betas' | 'betaStart' | 'betaEnd' | 'zeroTerminalSnr'>): Float64Array {
  const alphas = alphasCumprod(betas, betaStart, betaEnd)
  return stretched ? zeroTerminalSnr(alphas) : alphas
}
