// An animation request: what a person asked, with every default filled in: enough to draw the same animation again, anywhere.

import type { Format } from '../animation-format.ts'
import type { DrawSettings } from '../draw-settings.ts'

/** Files on the host that draws, named instead of a style. Paths; strengths are multipliers, 1 = as trained. */
export interface ModelFiles {
  readonly checkpoint: string
  readonly motion?: string
  readonly vae?: string
  /** A SparseCtrl; what it is shown stands in the request. */
  readonly control?: string
  /** LoRAs of every kind, motion LoRAs and domain adapters too: what a file is, is decided from its content. */
  readonly loras: readonly LoraFile[]
  /** Textual inversions, and the words that stand for them in prompts. */
  readonly embeddings?: readonly { readonly file: string; readonly word: string }[]
}

export interface LoraFile {
  readonly file: string
  readonly strength: number
  /** Of what it changes in the text encoder, where that is another. */
  readonly textStrength?: number
  /** Laid into a cached copy of the weights it touches, for speed, instead of running beside them. */
  readonly merged?: boolean
}

/** An animation that was drawn before, by the name of its blob: the beginning of another, or what another is a variation of. */
export interface EarlierAnimation {
  readonly blob: string
  /** As it was drawn; its file may show fewer. */
  readonly frames: number
  readonly as: 'beginning' | 'variation'
  /** Of a variation: above 0, where it stays as it is, to 1, where hardly anything stays. */
  readonly strength?: number
}

/** What the model's SparseCtrl is shown. */
export interface ControlPictures {
  /** Paths, as they were typed, and the frames that they are for; −1 is the last. */
  readonly pictures: readonly { readonly frame: number; readonly file: string }[]
  /** A multiplier of what it adds; 1 where absent. */
  readonly strength?: number
}

/** Of what a style is learned: pictures and clips that a manager handed over, which the bot keeps under this id until it has ended. */
export interface StyleTraining {
  readonly id: string
  /** How many. */
  readonly pictures: number
}

/** JSON throughout: it is logged, stored, sent to another process and embedded in the animation. */
export interface AnimationRequest extends DrawSettings {
  readonly prompt: string
  readonly negative: string
  /** A style by name, or files; the built-in model where both are absent. */
  readonly style?: string
  readonly model?: ModelFiles
  readonly earlier?: EarlierAnimation
  readonly control?: ControlPictures
  /** Teaches a style first; what is drawn is its example. */
  readonly training?: StyleTraining
  /** So many with consecutive seeds, in one animation side by side; one where it is absent. */
  readonly count?: number
  /** Unsigned 64-bit, as decimal digits: JSON numbers lose seeds above 2^53. */
  readonly seed: string
  readonly format: Format
  readonly maxBytes?: number
}
