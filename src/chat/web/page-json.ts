// Page JSON: what the page's scripts get to read, as it goes over the wire and as it is stored. Everything in it may hold people's words; nothing
// is markup. Stored bodies keep their names.

import type { Format } from '../../animation-format.ts'
import type { Option } from '../contract/option.ts'
import type { Audience, Button, Fact, Form, ShownProgress, Tone } from '../contract/outgoing.ts'

/** One place in the conversation. `revision` grows with every change anywhere, so that it is also where to resume. */
export interface ShownMessage {
  readonly message: string
  readonly sequence: number
  readonly revision: number
  readonly atMs: number
  /** What the person did to which this responds, as their browser named it. Only told to them. */
  readonly event?: string
  /** The viewer asked for it. */
  readonly own: boolean
  /** Who asked, where it was somebody else. */
  readonly by?: string
  /** Absent: it was taken away. */
  readonly body?: Body
}

export type Body = SaidBody | AnswerBody | FormBody

/** What the person typed, as they see it themselves. */
export interface SaidBody {
  readonly kind: 'said'
  readonly text: string
}

export interface AnswerBody {
  readonly kind: 'answer'
  readonly audience: Audience
  readonly tone: Tone
  readonly text: string
  readonly quote?: string
  readonly facts?: readonly Fact[]
  readonly progress?: ShownProgress
  readonly picture?: ShownPicture
  readonly items?: readonly ShownItem[]
  readonly file?: ShownFile
  readonly buttons?: readonly Button[]
}

/** A dialog for the browser that asked; others pass over it. */
export interface FormBody {
  readonly kind: 'form'
  readonly form: Form
}

export interface ShownPicture {
  readonly url: string
  readonly format: Format
  readonly width: number
  readonly height: number
  readonly alt: string
}

export interface ShownItem {
  readonly title: string
  readonly text?: string
  readonly picture?: ShownPicture
  readonly buttons?: readonly Button[]
}

export interface ShownFile {
  readonly url: string
  readonly fileName: string
  readonly bytes: number
}

/** Who looks at the page. */
export interface Me {
  readonly person: string
  /** As others see it; '' while none was chosen. */
  readonly name: string
  readonly admin: boolean
  /** Whether there is a token to sign in with. */
  readonly signIn: boolean
}

/** What the page says and what can be said, in one language. */
export interface PageSetup {
  readonly language: string
  readonly languages: readonly string[]
  readonly texts: Readonly<Record<string, string>>
  readonly commands: readonly OfferedCommand[]
}

export interface OfferedCommand {
  readonly name: string
  readonly help: string
  readonly hidden: boolean
  readonly actions: readonly OfferedAction[]
}

export interface OfferedAction {
  /** '' where the command has one. */
  readonly name: string
  readonly help: string
  readonly admin: boolean
  readonly options: readonly OfferedOption[]
}

export interface OfferedOption {
  readonly name: string
  readonly help: string
  readonly option: Option
  /** What choices are called, by choice. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface QueuedView {
  readonly job: string
  readonly state: 'waiting' | 'running'
  readonly own: boolean
  readonly by: string
  /** Absent where it is nobody else's business. */
  readonly prompt?: string
  readonly style?: string
  readonly ahead?: number
  readonly leftMs?: number
  readonly mayCancel: boolean
}

export interface GpuHostView {
  readonly id: string
  readonly name: string
  readonly drained: boolean
  readonly devices: readonly { readonly name: string; readonly busy: boolean }[]
}

export interface AnimationView {
  readonly job: string
  readonly own: boolean
  readonly by: string
  readonly prompt: string
  readonly style?: string
  readonly seed: string
  readonly atMs: number
  readonly kept: boolean
  readonly private: boolean
  readonly picture: ShownPicture
  /** Everything that draws it again. */
  readonly facts: readonly Fact[]
  readonly mayDelete: boolean
}

export interface StyleView {
  readonly name: string
  readonly about: string
  readonly example: string
  readonly picture?: string
}

/** Why something was not done: a sentence, and a code by which the page may say it in another language. */
export interface PageError {
  readonly code: string
  readonly message: string
}
