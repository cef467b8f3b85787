// What people can say: a command is data and one function that never sees a platform. This is the one door for commands/.
// A command with several actions (`settings block`) is a subcommand group on Discord; in typed text the action is the first word.

import type { Owner } from '../../jobs/job.ts'
import type { CommandContext } from './command-context.ts'
import type { Options, Values } from './option.ts'
import type { Reply } from './reply.ts'

export type { AnimationRequest, Format } from '../../jobs/request.ts'
export type { CommandContext, HistoryEntry, HistoryQuery, ModelSummary, QueuedJob, StyleSummary } from './command-context.ts'
export { commandText as typed, maxCommandChars } from './command-text.ts'
export type { Defaults } from './defaults.ts'
export { type Option, type Options, settingOption, type Values } from './option.ts'
export { type Line, type Reply, type ReplyButton, type ReplyItem, type Sentence, say } from './reply.ts'
export type { Settings } from './settings.ts'
export type { NewStyleFile, StyleCard, StyleEdits, StylePreview } from './style-admin.ts'

export interface Action<Os extends Options = Options> {
  /** English, at most 100 characters; other languages in locales/. */
  readonly help: string
  readonly options: Os
  /** Only for admins; checked by the router, and told to Discord so that it is not offered to others. */
  readonly admin?: true
  /** Its answer concerns nobody but who asked. A reply may say otherwise for itself. */
  readonly private?: true
  run(call: CommandCall<Os>): Promise<Reply> | Reply
}

export interface CommandCall<Os extends Options = Options> {
  readonly values: Values<Os>
  readonly owner: Owner
  readonly context: CommandContext
}

export interface Command {
  /** 1 to 32 of a-z and '-'. */
  readonly name: string
  readonly help: string
  /** Understood everywhere, offered nowhere: what only buttons and reactions say. */
  readonly hidden?: true
  /** One action under the name '', or several, of which the first is meant when typed text names none. */
  readonly actions: Readonly<Record<string, Action>>
}

export interface Single<Os extends Options> extends Action<Os> {
  readonly name: string
  readonly hidden?: true
}

/** A command that does one thing. `values` in `run` has the type that the options declare. */
export function command<const Os extends Options>({ name, hidden, ...action }: Single<Os>): Command {
  return { name, help: action.help, ...(hidden && { hidden }), actions: { '': erased(action) } }
}

/** A command with several actions, each made by `action`. */
export function commandGroup(group: Command): Command {
  return group
}

export function action<const Os extends Options>(declaration: Action<Os>): Action {
  return erased(declaration)
}

/** Sound because values are only ever made by parse.ts from these very options. */
function erased<Os extends Options>(declaration: Action<Os>): Action {
  return declaration as unknown as Action
}
