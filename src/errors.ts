// What every room may tell or throw: see engine/errors.ts for why it lives there.

export { type Note, UserError } from './engine/errors.ts'
