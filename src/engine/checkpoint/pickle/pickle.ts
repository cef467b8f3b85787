// A restricted unpickler. A pickle is a program for a small stack machine (opcodes: Python's Lib/pickletools.py, protocols 0 to 5); this
// one builds data and runs nothing: a name is an inert PickledName, and calling one that the caller did not list is refused by that name.
// Dicts become Map, lists and tuples arrays, sets Set, bytes Uint8Array, None null, integers beyond 2^53 bigint.

import { PickleInput } from './pickle-input.ts'
import { pickleLiterals } from './pickle-literals.ts'
import { PickleMachine } from './pickle-machine.ts'
import { PickledName, type PickleWorld } from './pickle-world.ts'

/**
 * Reads one pickle from `bytes` at `start`. The result may be as deep as the file likes and contain itself: walk it with a limit.
 * @returns `end`: the byte after its STOP
 * @throws UserError `pickle-truncated`, `pickle-invalid`, `pickle-call-refused`, `pickle-too-large`
 */
export function readPickle(bytes: Uint8Array, start: number, world: PickleWorld): { readonly value: unknown; readonly end: number } {
  const input = new PickleInput(bytes, start, world.where)
  const machine = new PickleMachine(input, world)

  for (;;) {
    machine.spend(1)
    const opcode = input.uint8()
    switch (opcode) {
      case 0x80: // PROTO
        if (input.uint8() > 5) throw input.invalid('a protocol that is not known')
        break
      case 0x95: // FRAME
        input.uint64()
        break
      case 0x2e: // STOP
        return { value: machine.pop(), end: input.at }

      case 0x28: // MARK
        machine.mark()
        break
      case 0x30: // POP
        machine.popValueOrMark()
        break
      case 0x31: // POP_MARK
        machine.popToMark()
        break
      case 0x32: // DUP
        machine.push(machine.top())
        break

      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        machine.pushMade([])
        break
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        machine.pushMade(machine.popMany(opcode - 0x84))
        break
      case 0x74: // TUPLE
      case 0x6c: // LIST
        machine.pushMade(machine.popToMark())
        break
      case 0x61: // APPEND
        machine.append([machine.pop()])
        break
      case 0x65: // APPENDS
        machine.append(machine.popToMark())
        break

      case 0x7d: // EMPTY_DICT
        machine.pushMade(new Map())
        break
      case 0x64: {
        // DICT
        const entries = machine.popToMark()
        machine.pushMade(new Map())
        machine.setItems(entries)
        break
      }
      case 0x73: // SETITEM
        machine.setItems(machine.popMany(2))
        break
      case 0x75: // SETITEMS
        machine.setItems(machine.popToMark())
        break

      case 0x8f: // EMPTY_SET
        machine.pushMade(new Set())
        break
      case 0x90: // ADDITEMS
        machine.addItems(machine.popToMark())
        break
      case 0x91: {
        // FROZENSET
        const items = machine.popToMark()
        machine.pushMade(new Set())
        machine.addItems(items)
        break
      }

      case 0x70: // PUT
        machine.put(input.decimalInteger())
        break
      case 0x71: // BINPUT
        machine.put(input.uint8())
        break
      case 0x72: // LONG_BINPUT
        machine.put(input.uint32())
        break
      case 0x94: // MEMOIZE
        machine.memoize()
        break
      case 0x67: // GET
        machine.get(input.decimalInteger())
        break
      case 0x68: // BINGET
        machine.get(input.uint8())
        break
      case 0x6a: // LONG_BINGET
        machine.get(input.uint32())
        break

      case 0x51: // BINPERSID
        machine.persistent()
        break

      case 0x63: // GLOBAL
        machine.pushMade(new PickledName(input.line(), input.line()))
        break
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = machine.popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string') throw input.invalid('a class whose name is no text')
        machine.pushMade(new PickledName(module, name))
        break
      }
      case 0x52: {
        // REDUCE
        const [callee, args] = machine.popMany(2)
        machine.call('REDUCE', callee, args)
        break
      }
      case 0x81: {
        // NEWOBJ
        const [callee, args] = machine.popMany(2)
        machine.call('NEWOBJ', callee, args)
        break
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callee, args, named] = machine.popMany(3)
        machine.call('NEWOBJ_EX', callee, args)
        if (!(named instanceof Map) || named.size > 0) throw input.invalid(`named arguments for ${String(callee)}`)
        break
      }
      case 0x69: {
        // INST
        const callee = new PickledName(input.line(), input.line())
        machine.call('INST', callee, machine.popToMark())
        break
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = machine.popToMark()
        machine.call('OBJ', callee, args)
        break
      }
      case 0x62: {
        // BUILD
        const [object, state] = machine.popMany(2)
        machine.build(object, state)
        break
      }

      default: {
        const literal = pickleLiterals.get(opcode)
        // EXT1, EXT2, EXT4, PERSID, NEXT_BUFFER, READONLY_BUFFER need what is outside the file; the rest are no opcodes
        if (literal === undefined) throw input.invalid(`the opcode 0x${opcode.toString(16).padStart(2, '0')}, which is not read here,`)
        const value = literal(input)
        if (typeof value === 'object' && value !== null) machine.pushMade(value)
        else machine.push(value)
      }
    }
  }
}
