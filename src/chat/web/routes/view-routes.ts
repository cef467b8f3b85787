// View routes: queue, animations and styles beside the chat, and every picture by its name. What a viewer may see, PageViews decides.

import { Hono } from 'hono'
import { type Format, formats, mediaTypes } from '../../../animation-format.ts'
import type { Owner } from '../../../jobs/job.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { GpuHostSummary } from '../../contract/gpu-hosts.ts'
import { localeFor } from '../../locales/locales.ts'
import { animationFacts } from '../animation-facts.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { HttpError } from '../http/http-error.ts'
import { rangeResponse } from '../http/range-response.ts'
import type { AnimationView, GpuHostView, QueuedView, StyleView } from '../page-json.ts'
import type { PageViews, PicturedStyle, QueuedOnPage, RecentAnimation, Viewer } from '../page-views.ts'
import type { PictureStore } from '../storage/picture-store.ts'

export interface ViewRoutesOptions {
  readonly views: PageViews
  readonly pictures: PictureStore
  readonly authenticate: Authenticate
  readonly nameOf: (owner: Owner, locale: string) => string
}

const animationsPerPage = 24

/** A job's id and a format. */
const animationName = new RegExp(`^([a-z0-9]{1,25})\\.(${formats.join('|')})$`)

export function viewRoutes({ views, pictures, authenticate, nameOf }: ViewRoutesOptions): Hono {
  const app = new Hono()

  app.get('/api/queue', async (c) => {
    const viewer = authenticate.viewer(c)
    return c.json((await views.queue(viewer)).map((one) => queuedView(one, viewer, nameOf)))
  })

  app.get('/api/hosts', (c) => c.json(views.gpuHosts(authenticate.viewer(c)).map(gpuHostView)))

  app.get('/api/animations', async (c) => {
    const viewer = authenticate.viewer(c)
    const from = Math.min(Number(/^\d{1,6}$/.exec(c.req.query('from') ?? '')?.[0] ?? 0), 100_000)
    const search = c.req.query('search')?.slice(0, 200)
    const { entries, total } = await views.recent(viewer, { from, limit: animationsPerPage, ...omitUndefined({ search }) })
    return c.json({ total, animations: entries.map((entry) => animationView(entry, viewer, nameOf)) })
  })

  app.get('/api/styles', async (c) => c.json((await views.styles(authenticate.viewer(c))).map(styleView)))

  app.get('/animations/:file', async (c) => {
    const [, job, format] = animationName.exec(c.req.param('file')) ?? []
    const bytes = job && (await views.animation(authenticate.viewer(c), job))
    if (!bytes) throw new HttpError(404, 'no-such-picture', 'There is no such picture here.')
    return rangeResponse(c, { bytes, mediaType: mediaTypes[format as Format], forEver: true })
  })

  app.get('/examples/:style', async (c) => {
    const bytes = await views.example(authenticate.viewer(c), c.req.param('style'))
    if (!bytes) throw new HttpError(404, 'no-such-picture', 'There is no such picture here.')
    return rangeResponse(c, { bytes, mediaType: mediaTypes.webp, forEver: false })
  })

  app.get('/pictures/:name', (c) => {
    const picture = pictures.find(c.req.param('name'), authenticate.person(c))
    if (!picture) throw new HttpError(404, 'no-such-picture', 'There is no such picture here.')
    return rangeResponse(c, { ...picture, forEver: !picture.ephemeral })
  })

  return app
}

type NameOf = ViewRoutesOptions['nameOf']

function queuedView({ job, own, readable, mayCancel, ahead, leftMs }: QueuedOnPage, viewer: Viewer, nameOf: NameOf): QueuedView {
  const { prompt, style } = job.request
  return {
    job: job.id,
    state: job.state === 'running' ? 'running' : 'waiting',
    own,
    by: nameOf(job.owner, viewer.locale),
    ...(readable && omitUndefined({ prompt, style })),
    ...omitUndefined({ ahead, leftMs }),
    mayCancel,
  }
}

function gpuHostView({ id, name, drained, devices }: GpuHostSummary): GpuHostView {
  return { id, name, drained, devices: devices.map(({ name, busy }) => ({ name, busy })) }
}

function animationView({ job, own, kept, private: hidden, mayDelete }: RecentAnimation, viewer: Viewer, nameOf: NameOf): AnimationView {
  const { prompt, style, seed, format } = job.request
  // the size that was delivered: small pictures are enlarged, and large ones lowered to fit
  const { width, height } = job.result?.details ?? job.request
  return {
    job: job.id,
    own,
    by: nameOf(job.owner, viewer.locale),
    prompt,
    ...omitUndefined({ style }),
    seed,
    atMs: job.endedMs ?? job.acceptedMs,
    kept,
    private: hidden,
    picture: { url: `/animations/${job.id}.${format}`, format, width, height, alt: prompt },
    facts: animationFacts(job, localeFor(viewer.locale)),
    mayDelete,
  }
}

function styleView({ name, about, example, pictured }: PicturedStyle): StyleView {
  return { name, about, example, ...(pictured && { picture: `/examples/${encodeURIComponent(name)}` }) }
}
