// Prompt tags: names of files that people type into prompts as other programs take them, <lora:name:0.8>. They are no words: what can be
// applied is, and the rest is left out.

export interface PromptTag {
  readonly kind: 'lora' | 'hypernetwork'
  readonly name: string
  /** The UNet's; absent where the tag has no number. */
  readonly strength?: number
  /** The text encoder's, where it is another. */
  readonly textStrength?: number
  /** As it was typed. */
  readonly typed: string
}

/** LoRAs of every kind, and hypernetworks. */
const pattern = /<(lora|lyco|lycoris|locon|loha|lokr|hypernet|hypernetwork)\s*:\s*([^<>:]+)((?::[^<>]*)?)>/gi

export function promptTags(prompt: string): PromptTag[] {
  return [...prompt.matchAll(pattern)].map(([typed, word, name, rest]) => {
    const numbers = rest!.split(':').slice(1)
    const [first, second] = numbers.map(numberIn).filter((number) => number !== undefined)
    const named = (net: string) =>
      numbers
        .map((text) => new RegExp(`^\\s*${net}\\s*=(.*)$`, 'i').exec(text)?.[1])
        .map(numberIn)
        .find((number) => number !== undefined)
    const [text, unet] = [named('te') ?? first, named('unet')]
    const strength = unet ?? second ?? text
    // One number is both's. The UNet's alone leaves the text encoder's as it was trained (AUTOMATIC1111's extra_networks_lora.py).
    const textStrength = text ?? (unet === undefined ? undefined : 1)
    return {
      kind: word!.toLowerCase().startsWith('hyper') ? 'hypernetwork' : 'lora',
      name: name!.trim(),
      ...(strength !== undefined && { strength }),
      ...(textStrength !== undefined && textStrength !== strength && { textStrength }),
      typed,
    }
  })
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)
}

/** @param leftOut all of them where it is absent */
export const withoutTags = (prompt: string, leftOut?: ReadonlySet<string>): string =>
  prompt.replaceAll(pattern, (typed) => (leftOut === undefined || leftOut.has(typed) ? '' : typed)).trim()
