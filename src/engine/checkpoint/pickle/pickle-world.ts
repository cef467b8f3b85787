// The world of a pickle: what it may name and call. Everything else is refused.

import type { UserError } from '../../errors.ts'

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
