// Command contexts, made for one caller at a time from scheduler, store and styles.

import { randomBytes } from 'node:crypto'
import type { Format } from '../../animation-format.ts'
import { type Owner, personOf, spaceOf } from '../../jobs/job.ts'
import type { Limit, Limits } from '../../jobs/limits/limits.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Store } from '../../store/store.ts'
import type { Attachment } from '../contract/attachment.ts'
import type { Command } from '../contract/command.ts'
import type { CommandContext } from '../contract/command-context.ts'
import { type Defaults, defaultsSchema } from '../contract/defaults.ts'
import type { GpuHosts } from '../contract/gpu-hosts.ts'
import type { Asker, Channel } from '../contract/incoming.ts'
import type { ShownAnimation } from '../contract/outgoing.ts'
import type { Platform } from '../contract/platform.ts'
import { type Settings, settingsSchema } from '../contract/settings.ts'
import type { StyleAdmin } from '../contract/style-admin.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { localeFor } from '../locales/locales.ts'
import { helpIn } from '../locales/speak.ts'
import { createFavourites, type Favourites } from './favourites.ts'
import { createJobAccess } from './job-access.ts'
import { createPendingRequests } from './pending-requests.ts'
import { createPersonalData, type PersonalDataParts } from './personal-data.ts'
import { storedValues } from './stored-value.ts'
import { type StyleSource, stylesFor } from './style-source.ts'

export interface Contexts {
  readonly commands: readonly Command[]
  readonly favourites: Favourites
  contextFor(caller: Caller): CommandContext
  settingsOf(owner: Owner): Promise<Settings>
  defaultsOf(owner: Owner): Promise<Defaults>
}

/** Who calls a command, where, and what can be shown there. */
export interface Caller {
  readonly owner: Owner
  readonly name: string
  readonly asker: Asker
  readonly channel: Channel
  readonly locale: string
  readonly formats: readonly Format[]
  readonly maxBytes: number
  /** The platform's, where it has one. */
  readonly fetchFile?: NonNullable<Platform['fetchFile']>
  readonly namesOf?: NonNullable<Platform['namesOf']>
  readonly filesNear?: () => Promise<readonly Attachment[]>
}

/** Somebody who may want to manage styles. */
export interface StyleCaller extends Caller {
  /** Who may besides the admins. */
  readonly managers: () => Promise<readonly string[]>
}

export interface ContextsParts {
  readonly commands: readonly Command[]
  readonly scheduler: Scheduler
  readonly store: Store
  readonly styles: StyleSource
  readonly styleAdminFor: (caller: StyleCaller) => StyleAdmin
  readonly delivery: Pick<Delivery, 'withdraw'>
  readonly gpuHosts: GpuHosts
  readonly retentionDays: number
  /** Of jobs, in every place. */
  readonly limits: Limits
  /** Of the help's examples; none are shown where it is absent. */
  readonly exampleLoop?: ((name: string, format: 'webp' | 'gif') => Promise<ShownAnimation | undefined>) | undefined
  readonly forgetOnPlatform: PersonalDataParts['forgetOnPlatform']
}

export function createContexts(parts: ContextsParts): Contexts {
  const { commands, scheduler, store, styles, styleAdminFor, delivery, gpuHosts, retentionDays, limits, exampleLoop, forgetOnPlatform } =
    parts
  const settings = storedValues(store.space<unknown>('settings'), settingsSchema)
  const defaults = storedValues(store.space<unknown>('defaults'), defaultsSchema)
  const favourites = createFavourites(store.space<string[]>('kept'))
  const pending = createPendingRequests(() => randomBytes(6).toString('hex'))
  const jobParts = { scheduler, favourites, delivery, blobs: store.blobs }

  function contextFor(caller: Caller): CommandContext {
    const { owner, asker, channel, locale, formats, maxBytes } = caller
    const here = settings.of(spaceOf(owner))
    const ownDefaults = defaults.of(personOf(owner))
    const language = localeFor(locale)
    return {
      asker,
      channel,
      formats,
      maxBytes,
      commands,
      styles: stylesFor(styles, spaceOf(owner), asker.admin),
      get styleAdmin() {
        return styleAdminFor({ ...caller, managers: async () => (await here.get()).styleManagers })
      },
      defaults: ownDefaults,
      settings: here,
      mostJobs: mostAtOnce(limits.person),
      jobs: createJobAccess(jobParts, caller),
      gpuHosts,
      privacy: createPersonalData({ ...jobParts, retentionDays, forgetOnPlatform }, owner, ownDefaults),
      pending: pending.of(personOf(owner)),
      expectedMs: scheduler.expectedMs,
      namesOf: async (ids) => (caller.namesOf ? caller.namesOf([...new Set(ids)], caller) : new Map(ids.map((id) => [id, id]))),
      filesNear: async () => (await caller.filesNear?.()) ?? [],
      randomSeed,
      exampleOf: async (name) => exampleLoop?.(name, formats[0] === 'gif' ? 'gif' : 'webp'),
      helpOf: (path, english) => helpIn(language, path, english),
    }
  }

  return {
    commands,
    favourites,
    contextFor,
    settingsOf: (owner) => settings.of(spaceOf(owner)).get(),
    defaultsOf: (owner) => defaults.of(personOf(owner)).get(),
  }
}

/** How many jobs may wait and run together; undefined: any number. */
function mostAtOnce({ waiting, running }: Limit): number | undefined {
  return waiting === undefined || running === undefined ? undefined : waiting + running
}

/** 32 bits: PyTorch's generator looks at no more of a seed, and people copy it by hand. */
function randomSeed(): AnimationRequest['seed'] {
  return randomBytes(4).readUInt32LE().toString()
}
