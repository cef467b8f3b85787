// Animation facts: everything that draws an animation again, as the gallery shows it large.

import { drawSettingNames, nthSeed } from '../../draw-settings.ts'
import type { Job } from '../../jobs/job.ts'
import type { Fact } from '../contract/outgoing.ts'
import { type Line, say } from '../contract/reply.ts'
import type { Locale } from '../locales/locale.ts'
import { speak } from '../locales/speak.ts'

export function animationFacts({ request, result }: Job, locale: Locale): Fact[] {
  const { prompt: _prompt, negative, style, model: _model, seed, format, maxBytes: _maxBytes, count = 1, ...settings } = request
  const { width, height, frames, fps, bytes } = result?.details ?? { ...request, bytes: undefined }
  const named: [Line, Line][] = [
    [say('fact-style'), style ?? say('none')],
    [say('fact-seed'), count > 1 ? say('seeds-to', { first: seed, last: nthSeed(seed, count - 1) }) : seed],
    [say('fact-size'), `${width} × ${height}`],
    [say('fact-frames'), say('frames-at', { frames, fps: Math.round(fps * 100) / 100 })],
    [say('fact-steps'), String(settings.steps)],
    [say('fact-guidance'), String(settings.guidance)],
    ...(negative === '' ? [] : [[say('fact-negative'), negative] satisfies [Line, Line]]),
    [say('fact-format'), bytes === undefined ? format : `${format}, ${Math.ceil(bytes / 1000)} kB`],
  ]
  const facts = named.map(([label, value]) => ({ label: speak(locale, label), value: speak(locale, value) }))
  // The rest by the names that the command line and other programs have for them.
  const rest = drawSettingNames.filter((name) => !told.has(name) && settings[name] !== undefined)
  return [...facts, ...rest.map((name) => ({ label: name, value: String(settings[name]) }))]
}

const told: ReadonlySet<string> = new Set(['width', 'height', 'frames', 'fps', 'steps', 'guidance'])
