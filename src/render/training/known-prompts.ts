// Known prompts: sentences of a small model's own words, for what it is to draw by itself.

import { knownWordsIn } from '../../engine/index.ts'
import type { ModelFiles } from '../../jobs/request.ts'

/** So many prompts in a small model's own words, each subject as often as another; none of a model that lists no words. */
export function knownPrompts({ checkpoint }: ModelFiles, count: number): string[] {
  const known = knownWordsIn(checkpoint)
  if (!known) return []
  const [subjects, places] = [Object.entries(known.subjects), Object.values(known.places)]
  const nth = <T>(list: readonly T[], n: number): T => list[n % list.length]!
  return Array.from({ length: count }, (_, n) => {
    const round = Math.floor(n / subjects.length)
    const [subject, verb] = nth(subjects, n)
    const thing = `${nth(known.colours, 3 * n + round)} ${subject}`
    return `${/^[aeio]/.test(thing) ? 'an' : 'a'} ${thing} ${verb} ${nth(places, 7 * n + 3 * round)}`
  })
}
