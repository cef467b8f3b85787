// Completion of options: what is offered to one person while they type, and what stands in a form that they open. It never fails: nothing
// is better than an error there.

import { UserError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Command } from '../contract/command.ts'
import type { CommandContext } from '../contract/command-context.ts'
import { mayCall } from '../contract/command-declaration.ts'
import type { Circumstances, FormOpening, Typing } from '../contract/incoming.ts'
import type { Platform, Receiver } from '../contract/platform.ts'
import { autocomplete } from '../input/autocomplete.ts'
import { findAction, findCommand } from '../input/parse.ts'

export interface CompletionParts {
  readonly platform: Pick<Platform, 'limits' | 'name'>
  readonly commands: readonly Command[]
  readonly contextFor: (caller: Omit<Circumstances, 'address' | 'id'>) => CommandContext
  readonly log: Log
}

/** Nobody posts anything while somebody types. */
const nowhere = { id: '', ageRestricted: false, direct: true, missing: [] }

export function createFormValues({ platform, commands, contextFor, log }: CompletionParts): NonNullable<Receiver['current']> {
  return async ({ command, action, given, ...caller }: FormOpening) => {
    try {
      const declared = findAction(findCommand(command, commands), action || undefined)
      if (!mayCall(declared, caller.asker) || !declared.current) return {}
      return await declared.current(given, contextFor({ ...caller, name: '', channel: nowhere }))
    } catch (error) {
      if (!(error instanceof UserError)) log.error({ platform: platform.name, command, err: error }, 'a form could not be filled in')
      return {}
    }
  }
}

export function createCompletion({ platform, commands, contextFor, log }: CompletionParts): Receiver['complete'] {
  return async ({ command, action, option, typed, ...caller }: Typing) => {
    try {
      const declared = findAction(findCommand(command, commands), action || undefined)
      if (!mayCall(declared, caller.asker)) return []
      const asked = declared.options[option]
      if (asked?.kind !== 'text' || !asked.complete) return []
      const context = contextFor({ ...caller, name: '', channel: nowhere })
      return await autocomplete(asked.complete, typed, platform.limits.choices, context)
    } catch (error) {
      if (!(error instanceof UserError)) log.error({ platform: platform.name, command, option, err: error }, 'nothing could be offered')
      return []
    }
  }
}
