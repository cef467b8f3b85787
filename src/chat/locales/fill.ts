// Sentence templates: `{name}` a value, `{n#one|many}` chosen by number, `{ms~}` a length of time in words.
// Values are put in as they are and never read as templates: they may be people's words.

export type Fillable = string | number | undefined

export function fill(template: string, lookUp: (name: string) => Fillable, duration: (ms: number) => string): string {
  return template.replace(/\{(\w+)(?:(~)|#([^|}]*)\|([^}]*))?\}/g, (_whole, name: string, time?: string, one?: string, many?: string) => {
    const value = lookUp(name)
    if (time) return duration(Number(value ?? 0))
    if (many !== undefined) return Number(value) === 1 ? one! : many
    return String(value ?? '')
  })
}

/** The names that a template asks for. */
export function namesIn(template: string): readonly string[] {
  return [...template.matchAll(/\{(\w+)/g)].map((match) => match[1]!)
}

export interface Units {
  readonly seconds: string
  readonly minutes: string
  readonly hours: string
}

/** Rounded as people say it: nobody waits '97 seconds'. At least a second. */
export function durationIn(units: Units): (ms: number) => string {
  const say = (template: string, n: number): string => fill(template, () => n, String)
  return (ms) => {
    const s = Math.max(1, Math.ceil(ms / 1000))
    if (s < 90) return say(units.seconds, s <= 20 ? s : Math.ceil(s / 5) * 5)
    if (s < 90 * 60) return say(units.minutes, Math.round(s / 60))
    return say(units.hours, Math.round(s / 3600))
  }
}
