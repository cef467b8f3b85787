// Page views: what the page shows besides its own conversation, as bot.ts gives it: always for one viewer, who sees only what is theirs to see.

import type { HistoryEntry, QueuedJob, StyleSummary } from '../contract/command-context.ts'
import type { GpuHostSummary } from '../contract/gpu-hosts.ts'
import type { Circumstances } from '../contract/incoming.ts'

export type Viewer = Pick<Circumstances, 'owner' | 'asker' | 'channel' | 'locale'>

export interface PageViews {
  /** Running ones first, then in the order of service. Of everybody where the viewer is; of all platforms for operators. */
  queue(viewer: Viewer): Promise<readonly QueuedOnPage[]>
  /** For operators; none for others. */
  gpuHosts(viewer: Viewer): readonly GpuHostSummary[]
  /** Finished animations, newest first: those shown to everybody where the viewer is, and the viewer's own. */
  recent(viewer: Viewer, page: RecentQuery): Promise<RecentAnimations>
  /** The file of one of these; undefined where it is gone or not the viewer's to see. */
  animation(viewer: Viewer, job: string): Promise<Uint8Array | undefined>
  /** As the viewer may use them. */
  styles(viewer: Viewer): Promise<readonly PicturedStyle[]>
  /** The example animation of a style. */
  example(viewer: Viewer, style: string): Promise<Uint8Array | undefined>
}

export interface QueuedOnPage extends QueuedJob {
  /** Whether its words are the viewer's to see. */
  readonly readable: boolean
  readonly mayCancel: boolean
}

export interface RecentQuery {
  readonly from: number
  readonly limit: number
  /** Words of the prompt or the style. */
  readonly search?: string
}

export interface RecentAnimations {
  readonly entries: readonly RecentAnimation[]
  readonly total: number
}

export interface RecentAnimation extends HistoryEntry {
  readonly mayDelete: boolean
}

export interface PicturedStyle extends StyleSummary {
  /** Whether there is an example to show. */
  readonly pictured: boolean
}
