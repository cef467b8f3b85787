// Prompt tags: names of files that people type into prompts as other programs take them, <lora:name:0.8>. They are no words: what can be
// applied is, and the rest is left out.

export interface PromptTag {
  readonly kind: 'lora' | 'hypernetwork'
  readonly name: string
  /** The UNet's where a tag has two numbers; absent where it has none. */
  readonly strength?: number
  /** As it was typed. */
  readonly typed: string
}

/** LoRAs of every kind, and hypernetworks. */
const pattern = /<(lora|lyco|lycoris|locon|loha|lokr|hypernet|hypernetwork)\s*:\s*([^<>:]+)((?::[^<>]*)?)>/gi

export function promptTags(prompt: string): PromptTag[] {
  return [...prompt.matchAll(pattern)].map(([typed, word, name, rest]) => {
    const numbers = rest!
      .split(':')
      .slice(1)
      .map((text) => text.replace(/^\s*unet\s*=/i, ''))
    const plain = numbers.map((text) => (text.trim() === '' ? Number.NaN : Number(text))).filter(Number.isFinite)
    const strength = plain[1] ?? plain[0]
    return {
      kind: word!.toLowerCase().startsWith('hyper') ? 'hypernetwork' : 'lora',
      name: name!.trim(),
      ...(strength !== undefined && { strength }),
      typed,
    }
  })
}

/** @param leftOut all of them where it is absent */
export const withoutTags = (prompt: string, leftOut?: ReadonlySet<string>): string =>
  prompt.replaceAll(pattern, (typed) => (leftOut === undefined || leftOut.has(typed) ? '' : typed)).trim()
