// A command: its declaration and one function that never sees a platform. The one module of the chat that commands/ imports.
// A command with several actions (`settings block`) is a subcommand group on Discord; in typed text the action is the first word.

import type { Owner } from '../../jobs/job.ts'
import type { CommandContext } from './command-context.ts'
import type { ActionDeclaration, CommandDeclaration } from './command-declaration.ts'
import type { Options, Values } from './option.ts'
import type { Reply } from './reply.ts'

export type { AnimationRequest, EarlierAnimation } from '../../jobs/request.ts'
export type { CommandContext, HistoryEntry, ModelSummary, QueuedJob, StyleSummary } from './command-context.ts'
export { type CommandDeclaration, isOffered, mayCall } from './command-declaration.ts'
export { commandText, maxCommandChars } from './command-text.ts'
export type { Defaults } from './defaults.ts'
export type { GpuHostSummary } from './gpu-hosts.ts'
export { type Option, type Options, settingOption, type Values } from './option.ts'
export {
  type AnimationReply,
  type Line,
  type Reply,
  type ReplyButton,
  type ReplyItem,
  type Sentence,
  say,
  type TextReply,
} from './reply.ts'
export type { Settings } from './settings.ts'
export type { NewStyleFile, StyleCard, StyleEdits, StylePreview } from './style-admin.ts'

export interface Command extends CommandDeclaration {
  readonly actions: Readonly<Record<string, Action>>
}

export interface Action<Os extends Options = Options> extends ActionDeclaration<Os> {
  run(call: CommandCall<Os>): Promise<Reply> | Reply
  /** What holds now of that which its options change, by option: forms begin with it. Nothing may be wrong with `given`. */
  current?(given: Readonly<Record<string, string>>, context: CommandContext): Promise<CurrentValues>
}

export type CurrentValues = Readonly<Record<string, string>>

export interface CommandCall<Os extends Options = Options> {
  readonly values: Values<Os>
  readonly owner: Owner
  readonly context: CommandContext
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

/** Sound because values are only ever made by option-values.ts from these very options. */
function erased<Os extends Options>(declaration: Action<Os>): Action {
  return declaration as unknown as Action
}
