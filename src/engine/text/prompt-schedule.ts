// Prompt scheduling: prompts that change while the picture forms, as AUTOMATIC1111's web UI writes them: [from:to:when], [to:when],
// [from::when] and [one|other|…], which takes turns. `when` is a share of the steps if it has a point, and otherwise a step; any number will
// do. Brackets of any other kind stay as they are.

/**
 * The prompt at one step: the same grammar without schedules, for `parsePrompt`. Any string is a prompt: nothing throws.
 * @param step from 0
 */
export function promptAt(prompt: string, step: number, steps: number): string {
  return resolve(prompt, 0)

  function resolve(text: string, depth: number): string {
    // Deeper than anybody writes, and as deep as the stack should go.
    if (depth > 64) return text
    const partners = partnersOf(text)
    let resolved = ''
    for (let i = 0; i < text.length; ) {
      const end = text[i] === '[' ? partners.get(i) : undefined
      const length = end === undefined ? (text[i] === '\\' ? 2 : 1) : end + 1 - i
      resolved += end === undefined ? text.slice(i, i + length) : choose(text.slice(i + 1, end), depth + 1)
      i += length
    }
    return resolved
  }

  function choose(inner: string, depth: number): string {
    const parts = splitOutside(inner, ':')
    const turns = splitOutside(inner, '|')
    const readable = isBalanced(inner) && (turns.length === 1 || parts.length === 1)
    if (readable && turns.length > 1) return resolve(turns[step % turns.length]!, depth)
    const last = readable ? lastStepBefore(parts.at(-1)!, steps) : undefined
    if (last === undefined || parts.length < 2 || parts.length > 3) return `[${resolve(inner, depth)}]`
    const [from, to] = parts.length === 3 ? [parts[0]!, parts[1]!] : ['', parts[0]!]
    return resolve(step < last ? from : to, depth)
  }
}

/** `0.4` of 25 steps and `10` are both 10: so many steps come before the change. `2.0` is behind the end. */
function lastStepBefore(when: string, steps: number): number | undefined {
  if (!/^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(when)) return undefined
  return Math.min(steps, Math.trunc(Number(when) * (when.includes('.') ? steps : 1)))
}

/** At separators that stand in no bracket of `text`. */
export function splitOutside(text: string, separator: string): string[] {
  const partners = partnersOf(text)
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === separator) {
      parts.push(text.slice(from, i))
      from = i + 1
    } else i = partners.get(i) ?? i
  }
  return [...parts, text.slice(from)]
}

/** Whether every bracket closes the last that was opened. */
function isBalanced(text: string): boolean {
  const open: string[] = []
  for (const [bracket] of text.replaceAll(/\\./gs, '').matchAll(/[()[\]]/g)) {
    if (bracket === '(' || bracket === '[') open.push(bracket)
    else if (open.pop() !== (bracket === ')' ? '(' : '[')) return false
  }
  return open.length === 0
}

/** Where each bracket that is closed closes. */
function partnersOf(text: string): Map<number, number> {
  const partners = new Map<number, number>()
  const open: Record<string, number[]> = { ')': [], ']': [] }
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!
    if (letter === '\\') i++
    else if (letter === '(') open[')']!.push(i)
    else if (letter === '[') open[']']!.push(i)
    else {
      const at = open[letter]?.pop()
      if (at !== undefined) partners.set(at, i)
    }
  }
  return partners
}
