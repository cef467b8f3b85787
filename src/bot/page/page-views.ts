// Page views: what the page shows besides its conversation: queue, gallery and styles, each as this viewer may see them.

import type { Contexts } from '../../chat/context/contexts.ts'
import { historyEntry } from '../../chat/context/job-access.ts'
import type { StyleSource } from '../../chat/context/style-source.ts'
import { visibilityFor } from '../../chat/context/visibility.ts'
import type { GpuHosts } from '../../chat/contract/gpu-hosts.ts'
import type { PageViews, RecentAnimations, RecentQuery, Viewer } from '../../chat/web/page-views.ts'
import { spaceOf } from '../../jobs/job.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Blobs } from '../../store/store.ts'

export interface PageViewsParts {
  readonly contexts: Pick<Contexts, 'favourites'>
  readonly scheduler: Pick<Scheduler, 'standings' | 'ended' | 'find'>
  readonly styles: StyleSource
  readonly blobs: Pick<Blobs, 'get'>
  readonly gpuHosts: Pick<GpuHosts, 'list'>
}

const knownMs = 10_000

export function createPageViews({ contexts, scheduler, styles, blobs, gpuHosts }: PageViewsParts): PageViews {
  async function recent(viewer: Viewer, query: RecentQuery): Promise<RecentAnimations> {
    const { owner } = viewer
    const visibility = visibilityFor(viewer)
    const { jobs, total } = scheduler.ended({ visibleTo: owner, state: 'done', ...query })
    const entries = jobs.filter(visibility.maySee).map(async (job) => {
      return { ...(await historyEntry(job, owner, visibility, contexts.favourites)), mayDelete: visibility.mayEnd(job) }
    })
    return { entries: await Promise.all(entries), total }
  }

  /** A picture is read whole to know that it is there: not for every style at every call. */
  const known = new Map<string, { readonly pictured: Promise<boolean>; readonly untilMs: number }>()
  function pictured(name: string): Promise<boolean> {
    const before = known.get(name)
    if (before && before.untilMs > performance.now()) return before.pictured
    const now = styles.picture(name).then((picture) => picture !== undefined)
    known.set(name, { pictured: now, untilMs: performance.now() + knownMs })
    now.catch(() => known.delete(name))
    return now
  }

  return {
    async queue(viewer) {
      const { isOwn, mayEnd, queue } = visibilityFor(viewer)
      return scheduler.standings(queue.scope).map((position) => {
        const { job } = position
        return { ...position, own: isOwn(job), readable: queue.maySeeWords(job), mayCancel: mayEnd(job) }
      })
    },
    gpuHosts: ({ asker }) => (asker.operator ? gpuHosts.list() : []),
    recent,
    async animation(viewer, id) {
      const job = scheduler.find(id)
      return job?.result && visibilityFor(viewer).maySee(job) ? blobs.get(job.result.blob) : undefined
    },
    async styles({ owner, asker }) {
      const list = await styles.list(spaceOf(owner), asker.admin)
      return Promise.all(list.map(async (style) => ({ ...style, pictured: await pictured(style.name) })))
    },
    async example({ owner, asker }, name) {
      const style = await styles.find(name, spaceOf(owner), asker.admin)
      return style && (await styles.picture(style.name))?.bytes
    },
  }
}
