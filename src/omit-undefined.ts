// Omit undefined properties, for every room: see engine/errors.ts for why it stands there.

export { omitUndefined } from './engine/omit-undefined.ts'
