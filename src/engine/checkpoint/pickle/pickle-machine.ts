// The stack machine of a pickle: its stack, marks and memo, and a limit on its work. It knows no opcodes: those are in pickle.ts.

import { UserError } from '../../errors.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import type { PickleInput } from './pickle-input.ts'
import { type Callable, PickledName, type PickleWorld, type Reading } from './pickle-world.ts'

/**
 * One step is about one opcode; making an object costs more. A checkpoint of 1,200 tensors takes some 100,000 steps;
 * twenty million keep the worst file below some hundred megabytes and a few seconds.
 */
const maxSteps = 20_000_000
const stepsPerObject = 16
const stepsPerEntry = 4
const maxOpenMarks = 1000

export class PickleMachine {
  readonly #input: PickleInput
  readonly #world: PickleWorld
  readonly #reading: Reading
  readonly #stack: unknown[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, unknown>()
  readonly #callableOf = new WeakMap<object, Callable>()
  #steps = 0

  constructor(input: PickleInput, world: PickleWorld) {
    this.#input = input
    this.#world = world
    this.#reading = { spend: (work) => this.spend(work), invalid: (what) => input.invalid(what) }
  }

  /** @throws UserError `pickle-too-large` */
  spend(work: number): void {
    this.#steps += work
    if (this.#steps > maxSteps) throw this.#tooLarge(`more than ${maxSteps} steps`)
  }

  push(value: unknown): void {
    this.#stack.push(value)
  }

  /** Pushes an object that was made for it, which costs more than a number. */
  pushMade(object: object): void {
    this.push(this.#made(object))
  }

  pop(): unknown {
    const value = this.top()
    this.#stack.length--
    return value
  }

  popMany(count: number): unknown[] {
    if (this.#stack.length - count < this.#floor()) throw this.#input.invalid('too little to work on')
    return this.#stack.splice(this.#stack.length - count)
  }

  popToMark(): unknown[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.#input.invalid('an end without a mark')
    return this.#stack.splice(mark)
  }

  /** The value on top, or the mark where that was set last. */
  popValueOrMark(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop()
    else this.pop()
  }

  top(): unknown {
    if (this.#stack.length <= this.#floor()) throw this.#input.invalid('nothing to work on')
    return this.#stack[this.#stack.length - 1]
  }

  mark(): void {
    if (this.#marks.length === maxOpenMarks) throw this.#tooLarge(`more than ${maxOpenMarks} open marks`)
    this.#marks.push(this.#stack.length)
  }

  append(items: readonly unknown[]): void {
    const list = this.top()
    if (!Array.isArray(list)) throw this.#input.invalid('something appended to what is no list')
    this.spend(items.length)
    for (const item of items) list.push(item)
  }

  setItems(entries: readonly unknown[]): void {
    const dict = this.top()
    if (!(dict instanceof Map)) throw this.#input.invalid('an entry for what is no dict')
    if (entries.length % 2 !== 0) throw this.#input.invalid('a key without a value')
    this.spend(entries.length * stepsPerEntry)
    for (let i = 0; i < entries.length; i += 2) dict.set(entries[i], entries[i + 1])
  }

  addItems(items: readonly unknown[]): void {
    const set = this.top()
    if (!(set instanceof Set)) throw this.#input.invalid('an item for what is no set')
    this.spend(items.length * stepsPerEntry)
    for (const item of items) set.add(item)
  }

  put(index: number | bigint): void {
    this.spend(stepsPerEntry)
    this.#memo.set(Number(index), this.top())
  }

  memoize(): void {
    this.put(this.#memo.size)
  }

  get(index: number | bigint): void {
    const value = this.#memo.get(Number(index))
    if (value === undefined) throw this.#input.invalid(`memo entry ${index}, which was never stored,`)
    this.push(value)
  }

  /** What the persistent id on top stands for, in its place. */
  persistent(): void {
    const { persistent } = this.#world
    if (persistent === undefined) throw this.#input.invalid('a persistent id')
    this.push(persistent(this.pop(), this.#reading))
  }

  /** @throws UserError `pickle-call-refused` for what the caller did not list */
  call(how: string, callee: unknown, args: unknown): void {
    if (!(callee instanceof PickledName)) throw this.#input.invalid(`a call (${how}) of what is no function`)
    const callable = this.#world.callables.get(String(callee))
    if (callable === undefined) throw this.#refused(how, callee)
    if (!Array.isArray(args)) throw this.#input.invalid(`a call of ${callee} without arguments`)
    const result = this.#made(callable.call(args, this.#reading))
    if (typeof result === 'object' && result !== null && callable.build !== undefined) this.#callableOf.set(result, callable)
    this.push(result)
  }

  /** Gives what was made by a call its state, and pushes it. */
  build(object: unknown, state: unknown): void {
    if (object instanceof PickledName) throw this.#refused('BUILD', object)
    const build = typeof object === 'object' && object !== null ? this.#callableOf.get(object)?.build : undefined
    if (build === undefined) throw this.#input.invalid('a state (BUILD) for what has none')
    build(object, state, this.#reading)
    this.push(object)
  }

  #made<T>(object: T): T {
    this.spend(stepsPerObject)
    return object
  }

  /** Nothing below the innermost mark can be reached: it belongs to a collection that is still being filled. */
  #floor(): number {
    return this.#marks.at(-1) ?? 0
  }

  #refused(how: string, callee: PickledName): UserError {
    const name = String(callee)
    return new UserError(
      'pickle-call-refused',
      `${this.#world.where} wants to call ${quoteUntrusted(name)} (${how}); only tensors and plain data are rebuilt, so the file was refused and nothing in it was run.`,
      { where: this.#world.where, name, how },
    )
  }

  #tooLarge(what: string): UserError {
    return new UserError('pickle-too-large', `The pickle in ${this.#world.where} takes ${what}; no checkpoint does.`, {
      where: this.#world.where,
    })
  }
}
