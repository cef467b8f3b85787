// What a person asked, with every default filled in: enough to draw the same animation again, anywhere.

export type Format = 'webp' | 'gif' | 'mp4'

/** Files on the host that draws, named instead of a style. Paths; strengths are multipliers, 1 = as trained. */
export interface ModelFiles {
  readonly checkpoint: string
  readonly motion?: string
  readonly vae?: string
  /** LoRAs of every kind, motion LoRAs and domain adapters too: what a file is, is decided from its content. */
  readonly loras: readonly LoraFile[]
  /** Textual inversions, and the words that stand for them in prompts. */
  readonly embeddings?: readonly { readonly file: string; readonly word: string }[]
}

export interface LoraFile {
  readonly file: string
  readonly strength: number
  /** Laid into a cached copy of the weights it touches, for speed, instead of running beside them. */
  readonly merged?: boolean
}

/** JSON throughout: it is logged, stored, sent to another process and embedded in the animation. */
export interface AnimationRequest {
  readonly prompt: string
  readonly negative: string
  /** A style by name, or files; the built-in model where both are absent. */
  readonly style?: string
  readonly model?: ModelFiles
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly steps: number
  readonly guidance: number
  /** Unsigned 64-bit, as decimal digits: JSON numbers lose seeds above 2^53. */
  readonly seed: string
  /** Absent: the motion module decides. */
  readonly sampler?: string
  readonly spacing?: 'leading' | 'linspace' | 'trailing'
  readonly betas?: 'linear' | 'scaled_linear'
  readonly clipSkip: number
  readonly format: Format
  readonly maxBytes?: number
}
