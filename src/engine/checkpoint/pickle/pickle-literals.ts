// Literal opcodes of a pickle: those that put what they carry on the stack and do nothing else.

import type { PickleInput } from './pickle-input.ts'

export const pickleLiterals: ReadonlyMap<number, (input: PickleInput) => unknown> = new Map<number, (input: PickleInput) => unknown>([
  [0x4e, () => null], // NONE
  [0x88, () => true], // NEWTRUE
  [0x89, () => false], // NEWFALSE
  [0x49, (input) => input.decimalIntegerOrBoolean()], // INT
  [0x4c, (input) => input.decimalInteger()], // LONG
  [0x4a, (input) => input.int32()], // BININT
  [0x4b, (input) => input.uint8()], // BININT1
  [0x4d, (input) => input.uint16()], // BININT2
  [0x8a, (input) => input.integer(input.uint8())], // LONG1
  [0x8b, (input) => input.integer(input.uint32())], // LONG4
  [0x46, (input) => input.decimalFloat()], // FLOAT
  [0x47, (input) => input.float64()], // BINFLOAT
  [0x53, (input) => input.quotedLine()], // STRING
  [0x54, (input) => input.latin1(input.uint32())], // BINSTRING
  [0x55, (input) => input.latin1(input.uint8())], // SHORT_BINSTRING
  [0x56, (input) => input.rawUnicodeLine()], // UNICODE
  [0x58, (input) => input.utf8(input.uint32())], // BINUNICODE
  [0x8c, (input) => input.utf8(input.uint8())], // SHORT_BINUNICODE
  [0x8d, (input) => input.utf8(input.uint64())], // BINUNICODE8
  [0x42, (input) => input.bytes(input.uint32())], // BINBYTES
  [0x43, (input) => input.bytes(input.uint8())], // SHORT_BINBYTES
  [0x8e, (input) => input.bytes(input.uint64())], // BINBYTES8
  [0x96, (input) => input.bytes(input.uint64())], // BYTEARRAY8
])
