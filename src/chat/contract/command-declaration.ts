// A command's declaration: what it is called, what it does and takes, for whom it is. Help, dialogs and completion are made of it.

import type { Asker } from './incoming.ts'
import type { Options } from './option.ts'

export interface CommandDeclaration {
  /** 1 to 32 of a-z and '-'. */
  readonly name: string
  readonly help: string
  /** What those can do with it who may do more: for platforms that show them a command of its own. */
  readonly managing?: string
  /** Understood everywhere, offered nowhere: what only buttons and reactions call. */
  readonly hidden?: true
  /** One action under the name '', or several, of which the first is meant when typed text names none. */
  readonly actions: Readonly<Record<string, ActionDeclaration>>
}

export interface ActionDeclaration<Os extends Options = Options> {
  /** English, at most 100 characters; other languages in locales/. */
  readonly help: string
  readonly options: Os
  /** Only for admins; checked by the router, and told to Discord so that it is not offered to others. */
  readonly admin?: true
  /** For admins and those whom they let manage styles; checked by what it calls, and told to Discord like `admin`. */
  readonly manager?: true
  /** Its reply concerns nobody but who asked. A reply may say otherwise for itself. */
  readonly private?: true
}

/** Whether this person may call it: actions of admins are for admins. */
export function mayCall({ admin }: Pick<ActionDeclaration, 'admin'>, asker: Pick<Asker, 'admin'>): boolean {
  return !admin || asker.admin
}

/** Whether it is among what this person is offered: not where only buttons call it, nor where they may call none of its actions. */
export function isOffered({ hidden, actions }: CommandDeclaration, asker: Pick<Asker, 'admin'>): boolean {
  return !hidden && Object.values(actions).some((action) => mayCall(action, asker))
}
