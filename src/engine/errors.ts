// Errors and notes for people, a sentence each: a note where the thing was done all the same, a UserError where it cannot be done.
// Everything else that is thrown is a bug. They stand in the engine because the engine is a library and imports nothing above itself.

/**
 * @property code stable kebab-case name, for tests and translations: `checkpoint-truncated`, `size-not-multiple-of-8`
 * @property message the sentence that is shown: what was expected, what was got, where
 * @property data the numbers and names in that sentence, for translations and logs; a list may hold notes, to be said one after the other
 */
export interface Note {
  readonly code: string
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
}

export class UserError extends Error implements Note {
  override readonly name = 'UserError'
  readonly code: string
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(visible(message), options)
    this.code = code
    this.data = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? visible(value) : value]))
  }
}

/**
 * Characters that a terminal obeys, or that turn the text around them, as escapes: sentences quote names out of strangers' files.
 * What joins the letters of a script or an emoji stays.
 */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === '\n' || character === '\t' ? character : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
