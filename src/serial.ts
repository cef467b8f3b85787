// A serial queue, for every room: see engine/errors.ts for why it stands there.

export { type Serial, serial } from './engine/serial.ts'
