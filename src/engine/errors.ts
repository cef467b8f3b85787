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
    super(message, options)
    this.code = code
    this.data = data
  }
}
