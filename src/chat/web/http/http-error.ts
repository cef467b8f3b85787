// An HTTP error: a call that is responded to with a status and a sentence.

import { UserError } from '../../../errors.ts'

export class HttpError extends UserError {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 429

  constructor(status: HttpError['status'], code: string, message: string) {
    super(code, message, {})
    this.status = status
  }
}
