// The one error class that every room may throw: see engine/errors.ts for why it lives there.

export { UserError } from './engine/errors.ts'
