// Command context: what a command may ask for, on behalf of the person who calls it: everything is about them or open to them.
// Whatever needs the clock, chance or the store is behind it, so that commands stay pure.

import type { Format } from '../../animation-format.ts'
import type { WindowPositions } from '../../clip.ts'
import type { ClipSettingName, DrawSettings, RequiredDrawSettings } from '../../draw-settings.ts'
import type { Job, Result } from '../../jobs/job.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import type { Attachment } from './attachment.ts'
import type { CommandDeclaration } from './command-declaration.ts'
import type { Defaults } from './defaults.ts'
import type { GpuHosts } from './gpu-hosts.ts'
import type { Asker, Channel } from './incoming.ts'
import type { ShownAnimation } from './outgoing.ts'
import type { AnimationReply } from './reply.ts'
import type { Settings } from './settings.ts'
import type { StyleAdmin } from './style-admin.ts'

export interface CommandContext {
  readonly asker: Asker
  /** Where the person calls it. */
  readonly channel: Channel
  /** What loops inline where the person is, best first; and how large a file may be. */
  readonly formats: readonly Format[]
  readonly maxBytes: number
  /** Everything that can be said, for the help. */
  readonly commands: readonly CommandDeclaration[]
  readonly styles: AvailableStyles
  readonly styleAdmin: StyleAdmin
  readonly defaults: StoredValue<Defaults>
  readonly settings: StoredValue<Settings>
  /** How many requests of one person may wait and be drawn at a time in any place; undefined: as many as the place's settings say. */
  readonly mostJobs: number | undefined
  readonly jobs: JobAccess
  readonly gpuHosts: GpuHosts
  readonly privacy: PersonalData
  readonly pending: PendingRequests
  /** How long a request would be drawn, in milliseconds; undefined where nothing has been measured. */
  expectedMs(request: AnimationRequest): number | undefined
  /** Files of the thread in which the person calls it, or of the message that they reply to; none where the platform has neither. */
  filesNear(): Promise<readonly Attachment[]>
  /** What channels, roles and people of the platform are called, by their ids. What the person may not know, or nobody knows, is left out. */
  namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Unsigned 64-bit as decimal digits. */
  randomSeed(): string
  /** The loop of an example, in a format that plays where the person is; undefined where it was not drawn. */
  exampleOf(name: string): Promise<ShownAnimation | undefined>
  /** What something is called in the person's language, for help: 'animate.prompt'. */
  helpOf(path: string, english: string): string
}

/** Requests of the person that are asked about first. */
export interface PendingRequests {
  /** @returns by which a button finds it */
  keep(reply: AnimationReply): string
  find(id: string): AnimationReply | undefined
}

export interface StoredValue<T> {
  get(): Promise<T>
  set(value: T): Promise<void>
  /** To what `change` makes of what it is then, one change after the other: of two at once none is lost. Undefined changes nothing. */
  update(change: (value: T) => T | undefined | Promise<T | undefined>): Promise<T | undefined>
}

/** The styles that the person may use. */
export interface AvailableStyles {
  list(): Promise<readonly StyleSummary[]>
  /** By name or alias, whatever its case. */
  find(name: string): Promise<StyleSummary | undefined>
  /** Best match first; everything for ''. */
  search(typed: string, limit: number): Promise<readonly StyleSummary[]>
  /** What draws: with a style or without. */
  model(style?: string): Promise<ModelSummary>
}

export interface StyleSummary {
  readonly name: string
  readonly about: string
  /** A prompt that shows it well. */
  readonly example: string
}

/** What a model draws by itself, and how far it can go. */
export interface ModelSummary extends RequiredDrawSettings, Pick<DrawSettings, ClipSettingName | 'method'> {
  readonly name: string
  /** Of what no motion module draws; absent: the same. */
  readonly still?: Pick<RequiredDrawSettings, 'steps' | 'guidance'>
  readonly negative: string
  readonly maxFrames: number
  /** What a window of its motion module may be; null: it draws stills. */
  readonly positions: WindowPositions | null
  /** Width and height are multiples of this. */
  readonly multiple: number
}

export interface JobAccess {
  /** Any job that the person may see: their own, and those shown to everybody where the person is. */
  find(id: string): Promise<HistoryEntry | undefined>
  /** The person's own, newest first. */
  own(query: HistoryQuery): Promise<HistoryPage>
  /** Of everybody where the person is, in the order in which they will run; running ones first. */
  standings(): Promise<readonly QueuedJob[]>
  /** In all: also what other servers wait for. */
  load(): Promise<{ readonly waiting: number; readonly running: number }>
  /**
   * Own jobs, or any for admins. Ends a waiting or running one.
   * @param remove also the messages and the animation of an ended one; otherwise `ended` says that there is something to ask
   */
  cancel(id: string, remove: boolean): Promise<'cancelled' | 'removed' | 'ended' | 'not-yours' | 'unknown'>
  /** @returns whether it is kept now */
  keep(id: string, keep: boolean): Promise<boolean>
}

export interface HistoryQuery {
  readonly limit: number
  /** Skips this many. */
  readonly from: number
  readonly kept?: boolean
  /** Words of the prompt. */
  readonly search?: string
}

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[]
  readonly total: number
}

export interface HistoryEntry {
  readonly job: Job
  readonly own: boolean
  readonly kept: boolean
  /** So it was asked for, and so is what is drawn again of it. */
  readonly private: boolean
  /** Of several side by side, each alone; absent where it is one, or they were not kept. */
  readonly cells?: readonly Result[]
}

export interface QueuedJob {
  readonly job: Job
  readonly own: boolean
  /** How many run before it; undefined while it runs. */
  readonly ahead?: number
  /** Until it is finished, from measured step times; undefined where nothing has been measured. */
  readonly leftMs?: number
}

export interface PersonalData {
  /** Everything that is kept about the person, as one JSON text. */
  exported(): Promise<string>
  /** Cancels, removes messages and animations, forgets defaults and history. */
  forget(): Promise<{ readonly animations: number }>
  retentionDays(): number
}
