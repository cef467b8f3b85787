// Composable prompts, joined by AND, are guided to together: ε = ε_negative + guidance · Σ weightᵢ (εᵢ − ε_negative), one pass of the net
// each. Liu et al., "Compositional Visual Generation with Composable Diffusion Models" (2022), as AUTOMATIC1111's web UI writes it.

export interface PromptPart {
  readonly text: string
  readonly weight: number
}

/** `a cat AND a dog :0.6` is two parts, of weight 1 and 0.6. A prompt without AND is one part, whatever number it ends with. */
export function composition(prompt: string): PromptPart[] {
  const parts = prompt.split(/\bAND\b/)
  if (parts.length === 1) return [{ text: prompt, weight: 1 }]
  return parts.map((part) => {
    const text = part.trim()
    const [written, weight] = /:\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))$/.exec(text) ?? ['', '1']
    return { text: text.slice(0, text.length - written.length).trim(), weight: Number(weight) }
  })
}
