// Environment variables: how a room declares those that it reads, and what they hold once they are read. config.ts alone reads them.

import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { defaultHome } from './paths.ts'

export interface EnvironmentVariable {
  readonly about: string
  /** What holds where it is not set, as people would write it. */
  readonly usual?: string
  /** Never repeated in a sentence, and masked in the log. */
  readonly secret?: true
  /** From what is written to what is meant; its message says what it should be. */
  readonly schema: z.ZodType
}

/** In the order in which they are listed. */
export type EnvironmentVariables = Readonly<Record<string, EnvironmentVariable>>

/** Undefined where one is neither set nor has something usual. */
export type EnvironmentValues<V extends EnvironmentVariables> = {
  readonly [Name in keyof V]: V[Name] extends { readonly usual: string }
    ? z.infer<V[Name]['schema']>
    : z.infer<V[Name]['schema']> | undefined
}

/** What something that can be turned on needs, ready to be started with; or the sentence that says what to mend. */
export type Switched<T> = ({ readonly ready: true } & T) | { readonly ready: false; readonly mend: string }

export function whole(min: number, max: number) {
  const sentence = `a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, sentence)
    .transform(Number)
    .refine((value) => value >= min && value <= max, sentence)
}

/** 0: any that is free. */
export const port = whole(0, 65535)

export function yesOrNo() {
  return z
    .string()
    .regex(/^(yes|no|true|false|1|0)$/i, 'yes or no')
    .transform((text) => /^(yes|true|1)$/i.test(text))
}

export function oneOf<const T extends string>(names: readonly T[]) {
  return z.enum(names as readonly [T, ...T[]], `one of ${names.join(', ')}`)
}

/** With commas between. */
export function listed(text: string | undefined): string[] {
  return text?.split(',').map((one) => one.trim()) ?? []
}

/** A relative one begins where the project lies. */
export const filePath = z.string().transform((path) => (isAbsolute(path) ? path : resolve(join(defaultHome, '..'), path)))
