// A reply: what a command returns, data in no language yet. The router renders it in the person's language as an Outgoing.

import type { AnimationRequest } from '../../jobs/request.ts'
import type { SentenceKey } from '../locales/en.ts'
import type { Audience, ShownAnimation, Tone } from './outgoing.ts'

export type Reply = TextReply | AnimationReply | FormReply

/** Words. */
export interface TextReply {
  readonly kind: 'text'
  readonly text: Line
  /** As the action declares, where absent. */
  readonly audience?: Audience
  readonly tone?: Tone
  readonly quote?: string
  readonly facts?: readonly { readonly label: Line; readonly value: Line }[]
  readonly items?: readonly ReplyItem[]
  readonly buttons?: readonly ReplyButton[]
  /** Shown large, with the settings of the job: the animation of a finished one. */
  readonly animationOf?: string
  readonly file?: { readonly bytes: Uint8Array; readonly mediaType: string; readonly fileName: string }
}

/** Put this in the queue; its message lives until the request has ended. */
export interface AnimationReply {
  readonly kind: 'animation'
  readonly request: AnimationRequest
  readonly private: boolean
  /** The job that this one re-rolls or changes. */
  readonly parent?: string
  /** Of the several that the parent has drawn, counted from 1: as it was shown, as long as that is kept, and drawn only where it is not. */
  readonly pick?: number
}

/** Ask for options in a dialog; it ends in this command. */
export interface FormReply {
  readonly kind: 'form'
  readonly title: Line
  readonly command: string
  readonly action?: string
  readonly fixed: Readonly<Record<string, string>>
  /** Names of the command's options, and what stands in them. */
  readonly fields: readonly { readonly name: string; readonly value?: string }[]
}

export interface ReplyItem {
  readonly title: Line
  readonly text?: Line
  /** The animation of this job, the example of this style, or one that is neither. */
  readonly picture?: { readonly job: string } | { readonly style: string } | { readonly animation: ShownAnimation }
  readonly buttons?: readonly ReplyButton[]
}

export interface ReplyButton {
  readonly label: Line
  readonly emoji?: string
  /** The text of a command: at most 100 characters. */
  readonly command: string
  readonly style?: 'main' | 'danger'
}

/** A sentence of ours by its key, or words that are the same in every language: people's, names, numbers. */
export type Line = string | Sentence

export interface Sentence {
  readonly key: SentenceKey
  readonly data: Readonly<Record<string, SentenceValue>>
}

export type SentenceValue = string | number | Sentence

export function say(key: SentenceKey, data: Readonly<Record<string, SentenceValue>> = {}): Sentence {
  return { key, data }
}
