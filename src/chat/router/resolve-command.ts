// Command resolution: which command an event means, with what was given for each option. Buttons and reactions are commands, too.

import { UserError } from '../../errors.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Command } from '../contract/command.ts'
import type { Incoming, OptionInput } from '../contract/incoming.ts'
import { commandOfReaction } from '../contract/reactions.ts'
import type { MessageIndex } from '../delivery/message-index.ts'
import { withFiles } from '../input/attached-files.ts'
import { commandIn } from '../input/bare-sentence.ts'
import { findAction, findCommand, parse } from '../input/parse.ts'
import { createSeenSet } from './seen-set.ts'

export interface ResolvedCommand {
  readonly command: Command
  /** '' where the command has one. */
  readonly action: string
  /** As they came in, not yet checked. */
  readonly inputs: Readonly<Record<string, OptionInput>>
}

export interface ResolverParts {
  readonly platform: string
  readonly commands: readonly Command[]
  readonly messages: Pick<MessageIndex, 'jobOf'>
  readonly scheduler: Pick<Scheduler, 'find'>
}

/**
 * Undefined for a reaction to something that is not ours, or one of a storm.
 * @throws UserError as parse does; no-longer-there
 */
export type ResolveCommand = (incoming: Incoming, nowMs: number) => Promise<ResolvedCommand | undefined>

/** Reactions of one person to one message count once in this time. */
const stormMs = 2000

export function createCommandResolver({ platform, commands, messages, scheduler }: ResolverParts): ResolveCommand {
  const reactions = createSeenSet(stormMs, 20_000)
  return async (incoming, nowMs) => {
    switch (incoming.kind) {
      case 'command': {
        const command = findCommand(incoming.command, commands)
        findAction(command, incoming.action)
        return { command, action: incoming.action ?? Object.keys(command.actions)[0]!, inputs: incoming.options }
      }
      case 'text': {
        const { command, action, inputs } = parse(commandIn(incoming.text, commands), commands)
        return { command, action, inputs: withFiles(inputs, incoming.files, command.actions[action]!) }
      }
      case 'reaction': {
        const { reaction, message, owner } = incoming
        const job = await messages.jobOf(platform, message)
        if (job === undefined || reactions.again(`${owner.person} ${message} ${reaction}`, nowMs)) return undefined
        if (!scheduler.find(job)) throw new UserError('no-longer-there', 'That animation is no longer there.')
        return parse(commandOfReaction(reaction, job), commands)
      }
    }
  }
}
