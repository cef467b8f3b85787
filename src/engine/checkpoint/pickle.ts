// A restricted unpickler. A pickle is a program for a small stack machine (opcodes: Python's Lib/pickletools.py, protocols 0 to 5); this
// one builds data and runs nothing: a name is an inert PickledName, and calling one that the caller did not list is refused by that name.
// Dicts become Map, lists and tuples arrays, sets Set, bytes Uint8Array, None null, integers beyond 2^53 bigint.

import { UserError } from '../errors.ts'
import { PickleInput } from './pickle-input.ts'
import { pickleLiterals } from './pickle-literals.ts'
import { quoteUntrusted } from './quote-untrusted.ts'

/** A class or function that a pickle names. It does nothing and knows nothing of what it names. */
export class PickledName {
  readonly module: string
  readonly name: string

  constructor(module: string, name: string) {
    this.module = module
    this.name = name
  }

  toString(): string {
    return `${this.module}.${this.name}`
  }
}

/** What a callable may ask of the machine that reads it. */
export interface Reading {
  /** Says that `work` more steps are spent. @throws UserError when that is too much for one file */
  spend(work: number): void
  invalid(what: string): UserError
}

/** How to rebuild the result of one call; `build` gives it its state afterwards, if it has one. */
export interface Callable {
  readonly call: (args: readonly unknown[], reading: Reading) => unknown
  readonly build?: (made: unknown, state: unknown, reading: Reading) => void
}

export interface PickleWorld {
  /** By `module.name`: everything that may be called. */
  readonly callables: ReadonlyMap<string, Callable>
  /** What a persistent id stands for; without it they are refused. */
  readonly persistent?: (id: unknown, reading: Reading) => unknown
  /** Names the file, for sentences. */
  readonly where: string
}

/**
 * One step is about one opcode; making an object costs more. A checkpoint of 1,200 tensors takes some 100,000 steps;
 * twenty million keep the worst file below some hundred megabytes and a few seconds.
 */
const maxSteps = 20_000_000
const stepsPerObject = 16
const stepsPerEntry = 4
const maxOpenMarks = 1000

/**
 * Reads one pickle from `bytes` at `start`. The result may be as deep as the file likes and contain itself: walk it with a limit.
 * @returns `end`: the byte after its STOP
 * @throws UserError `pickle-truncated`, `pickle-invalid`, `pickle-call-refused`, `pickle-too-large`
 */
export function readPickle(bytes: Uint8Array, start: number, world: PickleWorld): { readonly value: unknown; readonly end: number } {
  const input = new PickleInput(bytes, start, world.where)
  const stack: unknown[] = []
  const marks: number[] = []
  const memo = new Map<number, unknown>()
  const callableOf = new WeakMap<object, Callable>()
  let steps = 0
  const reading: Reading = { spend, invalid: (what) => input.invalid(what) }

  for (;;) {
    spend(1)
    const opcode = input.uint8()
    switch (opcode) {
      case 0x80: // PROTO
        if (input.uint8() > 5) throw input.invalid('a protocol that is not known')
        break
      case 0x95: // FRAME
        input.uint64()
        break
      case 0x2e: // STOP
        return { value: pop(), end: input.at }

      case 0x28: // MARK
        if (marks.length === maxOpenMarks) throw tooLarge(`more than ${maxOpenMarks} open marks`)
        marks.push(stack.length)
        break
      case 0x30: // POP
        if (marks.at(-1) === stack.length) marks.pop()
        else pop()
        break
      case 0x31: // POP_MARK
        popToMark()
        break
      case 0x32: // DUP
        push(top())
        break

      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        push(made([]))
        break
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        push(made(popMany(opcode - 0x84)))
        break
      case 0x74: // TUPLE
      case 0x6c: // LIST
        push(made(popToMark()))
        break
      case 0x61: // APPEND
        append([pop()])
        break
      case 0x65: // APPENDS
        append(popToMark())
        break

      case 0x7d: // EMPTY_DICT
        push(made(new Map()))
        break
      case 0x64: {
        // DICT
        const entries = popToMark()
        push(made(new Map()))
        setItems(entries)
        break
      }
      case 0x73: // SETITEM
        setItems(popMany(2))
        break
      case 0x75: // SETITEMS
        setItems(popToMark())
        break

      case 0x8f: // EMPTY_SET
        push(made(new Set()))
        break
      case 0x90: // ADDITEMS
        addItems(popToMark())
        break
      case 0x91: {
        // FROZENSET
        const items = popToMark()
        push(made(new Set()))
        addItems(items)
        break
      }

      case 0x70: // PUT
        put(input.decimalInteger())
        break
      case 0x71: // BINPUT
        put(input.uint8())
        break
      case 0x72: // LONG_BINPUT
        put(input.uint32())
        break
      case 0x94: // MEMOIZE
        put(memo.size)
        break
      case 0x67: // GET
        get(input.decimalInteger())
        break
      case 0x68: // BINGET
        get(input.uint8())
        break
      case 0x6a: // LONG_BINGET
        get(input.uint32())
        break

      case 0x51: // BINPERSID
        if (world.persistent === undefined) throw input.invalid('a persistent id')
        push(world.persistent(pop(), reading))
        break

      case 0x63: // GLOBAL
        push(made(new PickledName(input.line(), input.line())))
        break
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string') throw input.invalid('a class whose name is no text')
        push(made(new PickledName(module, name)))
        break
      }
      case 0x52: {
        // REDUCE
        const [callee, args] = popMany(2)
        push(call('REDUCE', callee, args))
        break
      }
      case 0x81: {
        // NEWOBJ
        const [callee, args] = popMany(2)
        push(call('NEWOBJ', callee, args))
        break
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callee, args, named] = popMany(3)
        const result = call('NEWOBJ_EX', callee, args)
        if (!(named instanceof Map) || named.size > 0) throw input.invalid(`named arguments for ${String(callee)}`)
        push(result)
        break
      }
      case 0x69: {
        // INST
        const callee = new PickledName(input.line(), input.line())
        push(call('INST', callee, popToMark()))
        break
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = popToMark()
        push(call('OBJ', callee, args))
        break
      }
      case 0x62: {
        // BUILD
        const [object, state] = popMany(2)
        build(object, state)
        push(object)
        break
      }

      default: {
        const literal = pickleLiterals.get(opcode)
        // EXT1, EXT2, EXT4, PERSID, NEXT_BUFFER, READONLY_BUFFER need what is outside the file; the rest are no opcodes
        if (literal === undefined) throw input.invalid(`the opcode 0x${opcode.toString(16).padStart(2, '0')}, which is not read here,`)
        const value = literal(input)
        push(typeof value === 'object' && value !== null ? made(value) : value)
      }
    }
  }

  function spend(work: number): void {
    steps += work
    if (steps > maxSteps) throw tooLarge(`more than ${maxSteps} steps`)
  }

  function made<T>(object: T): T {
    spend(stepsPerObject)
    return object
  }

  function push(value: unknown): void {
    stack.push(value)
  }

  /** Nothing below the innermost mark can be reached: it belongs to a collection that is still being filled. */
  function floor(): number {
    return marks.at(-1) ?? 0
  }

  function top(): unknown {
    if (stack.length <= floor()) throw input.invalid('nothing to work on')
    return stack[stack.length - 1]
  }

  function pop(): unknown {
    const value = top()
    stack.length--
    return value
  }

  function popMany(count: number): unknown[] {
    if (stack.length - count < floor()) throw input.invalid('too little to work on')
    return stack.splice(stack.length - count)
  }

  function popToMark(): unknown[] {
    const mark = marks.pop()
    if (mark === undefined) throw input.invalid('an end without a mark')
    return stack.splice(mark)
  }

  function append(items: readonly unknown[]): void {
    const list = top()
    if (!Array.isArray(list)) throw input.invalid('something appended to what is no list')
    spend(items.length)
    for (const item of items) list.push(item)
  }

  function setItems(entries: readonly unknown[]): void {
    const dict = top()
    if (!(dict instanceof Map)) throw input.invalid('an entry for what is no dict')
    if (entries.length % 2 !== 0) throw input.invalid('a key without a value')
    spend(entries.length * stepsPerEntry)
    for (let i = 0; i < entries.length; i += 2) dict.set(entries[i], entries[i + 1])
  }

  function addItems(items: readonly unknown[]): void {
    const set = top()
    if (!(set instanceof Set)) throw input.invalid('an item for what is no set')
    spend(items.length * stepsPerEntry)
    for (const item of items) set.add(item)
  }

  function put(index: number | bigint): void {
    spend(stepsPerEntry)
    memo.set(Number(index), top())
  }

  function get(index: number | bigint): void {
    const value = memo.get(Number(index))
    if (value === undefined) throw input.invalid(`memo entry ${index}, which was never stored,`)
    push(value)
  }

  function call(how: string, callee: unknown, args: unknown): unknown {
    if (!(callee instanceof PickledName)) throw input.invalid(`a call (${how}) of what is no function`)
    const callable = world.callables.get(String(callee))
    if (callable === undefined) throw refused(how, callee)
    if (!Array.isArray(args)) throw input.invalid(`a call of ${callee} without arguments`)
    const result = made(callable.call(args, reading))
    if (typeof result === 'object' && result !== null && callable.build !== undefined) callableOf.set(result, callable)
    return result
  }

  function build(object: unknown, state: unknown): void {
    if (object instanceof PickledName) throw refused('BUILD', object)
    const build = typeof object === 'object' && object !== null ? callableOf.get(object)?.build : undefined
    if (build === undefined) throw input.invalid('a state (BUILD) for what has none')
    build(object, state, reading)
  }

  function refused(how: string, callee: PickledName): UserError {
    const name = String(callee)
    return new UserError(
      'pickle-call-refused',
      `${world.where} wants to call ${quoteUntrusted(name)} (${how}); only tensors and plain data are rebuilt, so the file was refused and nothing in it was run.`,
      { where: world.where, name, how },
    )
  }

  function tooLarge(what: string): UserError {
    return new UserError('pickle-too-large', `The pickle in ${world.where} takes ${what}; no checkpoint does.`, { where: world.where })
  }
}
