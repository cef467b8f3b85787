// Page views: what the page shows besides its conversation: queue, gallery and styles, each as this viewer may see them.

import type { Contexts } from '../chat/context/contexts.ts'
import { historyEntry } from '../chat/context/job-access.ts'
import type { StyleSource } from '../chat/context/style-source.ts'
import { visibilityFor } from '../chat/context/visibility.ts'
import type { GpuHosts } from '../chat/contract/gpu-hosts.ts'
import type { PageViews, RecentAnimations, Viewer } from '../chat/web/page-views.ts'
import { type Job, spaceOf } from '../jobs/job.ts'
import type { Scheduler } from '../jobs/scheduler.ts'
import type { Blobs } from '../store/store.ts'

export interface PageViewsParts {
  readonly contexts: Pick<Contexts, 'favourites'>
  readonly scheduler: Pick<Scheduler, 'standings' | 'ended' | 'find'>
  readonly styles: StyleSource
  readonly blobs: Pick<Blobs, 'get'>
  readonly gpuHosts: Pick<GpuHosts, 'list'>
}

const chunk = 100

export function createPageViews({ contexts, scheduler, styles, blobs, gpuHosts }: PageViewsParts): PageViews {
  /** The total counts what is hidden from the viewer too, as far as it has not been passed yet: it is right on the last page. */
  async function recent(viewer: Viewer, { from, limit }: { readonly from: number; readonly limit: number }): Promise<RecentAnimations> {
    const { platform, space } = viewer.owner
    const visibility = visibilityFor(viewer)
    const found: Job[] = []
    let hidden = 0
    let total = 0
    for (let at = 0; found.length < from + limit; at += chunk) {
      const page = scheduler.ended({ where: { platform, space }, state: 'done', from: at, limit: chunk })
      total = page.total
      const seen = page.jobs.filter(visibility.maySee)
      hidden += page.jobs.length - seen.length
      found.push(...seen)
      if (page.jobs.length < chunk) break
    }
    const entries = found.slice(from, from + limit).map(async (job) => {
      return { ...(await historyEntry(job, viewer.owner, visibility, contexts.favourites)), mayDelete: visibility.mayEnd(job) }
    })
    return { entries: await Promise.all(entries), total: total - hidden }
  }

  return {
    async queue(viewer) {
      const { isOwn, queue } = visibilityFor(viewer)
      return scheduler.standings(queue.scope).map((position) => {
        const { job } = position
        return { ...position, own: isOwn(job), readable: queue.maySeeWords(job), mayCancel: queue.offersEnd(job) }
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
      return Promise.all(list.map(async (style) => ({ ...style, pictured: (await styles.picture(style.name)) !== undefined })))
    },
    async example({ owner, asker }, name) {
      const style = await styles.find(name, spaceOf(owner), asker.admin)
      return style && (await styles.picture(style.name))?.bytes
    },
  }
}
