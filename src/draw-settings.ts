// Draw settings as every room knows them: declared in the engine, which imports nothing above itself, and the schema of each.

import { z } from 'zod'
import { type DrawSettingName, type DrawSettings, drawSettings } from './engine/draw-settings.ts'

export {
  type ClipSettingName,
  clipSettingsIn,
  controlStrength,
  type DrawSettingName,
  type DrawSettings,
  drawSettingNames,
  drawSettings,
  drawSettingsIn,
  type Loop,
  optionalSettingsIn,
  type RequiredDrawSettings,
  requiredSettingNames,
  requiredSettingsIn,
  type SamplerName,
  seconds,
} from './engine/draw-settings.ts'

/**
 * The seed of one of several that a request draws: they follow one another, and after the largest comes 0.
 *
 * @param seed unsigned 64-bit as decimal digits @param n from 0
 */
export const nthSeed = (seed: string, n: number): string => String(BigInt.asUintN(64, BigInt(seed) + BigInt(n)))

/** What a setting may be, for what comes from outside. */
export function drawSettingSchema<Name extends DrawSettingName>(name: Name): z.ZodType<NonNullable<DrawSettings[Name]>> {
  const setting = drawSettings[name]
  return schemaOf(setting) as z.ZodType as z.ZodType<NonNullable<DrawSettings[Name]>>
}

function schemaOf(setting: (typeof drawSettings)[DrawSettingName]): z.ZodType {
  if (setting.kind === 'choice') return z.enum(setting.choices as unknown as [string, ...string[]])
  if (setting.kind === 'text') return z.string().max(setting.maxChars)
  const { min, max } = setting
  return setting.kind === 'integer' ? z.int().min(min).max(max) : z.number().min(min).max(max)
}
