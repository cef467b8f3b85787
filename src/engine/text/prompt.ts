// A prompt parser for the grammar that people bring from AUTOMATIC1111's web UI: (x) is 1.1 times as strong, [x] 1.1 times weaker, (x:1.3)
// as said; nesting multiplies, a backslash takes a bracket literally, BREAK begins a new chunk. A bracket that is never closed holds to the
// end; one that was never opened is a letter like any other, and so are mouths of faces, :( and :[.

/** Text of one strength. `breakBefore`: it begins a chunk of its own. */
export interface Piece {
  readonly text: string
  readonly weight: number
  readonly breakBefore?: true
}

/** Any string is a prompt: nothing throws. Neighbours of one weight come as one piece, for a word may stand on both sides of an escape. */
export function parsePrompt(prompt: string): Piece[] {
  const found: { text: string; weight: number; breakBefore: boolean }[] = []
  const open: Record<Bracket, number[]> = { '(': [], '[': [] }
  const mouths = new Set<number>()
  const add = (text: string, breakBefore = false) => found.push({ text, weight: 1, breakBefore })

  /** What stands since the last open bracket of this kind is `factor` times as strong, and that bracket is no letter. False where none is open. */
  function close(bracket: Bracket, factor: number): boolean {
    const at = open[bracket].pop()
    if (at === undefined) return false
    found[at]!.text = ''
    for (const piece of found.slice(at + 1)) piece.weight *= factor
    return true
  }

  for (const { 0: written, groups, index } of prompt.matchAll(tokens)) {
    const { escaped, bracket, weight, text } = groups!
    if (escaped !== undefined) add(escaped)
    else if (bracket === '(' || bracket === '[') {
      if (isMouth(prompt, index)) mouths.add(found.length)
      open[bracket].push(found.length)
      add(bracket)
    } else if (weight !== undefined) close('(', Number(weight)) || add(written)
    else if (written === ')') close('(', 1.1) || add(written)
    else if (written === ']') close('[', 1 / 1.1) || add(written)
    else if (text !== undefined) for (const [i, part] of text.split(/\bBREAK\b/).entries()) add(part, i > 0)
  }

  for (const [bracket, factor] of [
    ['(', 1.1],
    ['[', 1 / 1.1],
  ] as const) {
    open[bracket] = open[bracket].filter((at) => !mouths.has(at))
    while (close(bracket, factor));
  }

  const pieces: Piece[] = []
  for (const { text, weight, breakBefore } of found) {
    const last = pieces.at(-1)
    if (breakBefore) pieces.push({ text, weight, breakBefore })
    else if (last && last.weight === weight) pieces.splice(-1, 1, { ...last, text: last.text + text })
    else if (text !== '') pieces.push({ text, weight })
  }
  return pieces
}

type Bracket = '(' | '['

const isMouth = (prompt: string, at: number): boolean =>
  /(?:^|\s)>?[:;=]['^-]?[([]*$/.test(prompt.slice(0, at)) && /^[([]*(?:[\s,.!?]|$)/.test(prompt.slice(at + 1))

/** A lone backslash vanishes, as people know it. A number of five digits is a number, not a strength. */
const tokens =
  /\\(?<escaped>[()[\]\\])|\\|(?<bracket>[([])|:\s*(?<weight>[+-]?(?:\d{1,4}(?:\.\d*)?|\.\d+))\s*\)|[)\]]|(?<text>[^\\()[\]:]+|:)/g
