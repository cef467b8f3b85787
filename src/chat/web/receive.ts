// Receiving from the page: a call → Incoming. Only shapes are checked here; what a command's values mean is the router's to say.

import { z } from 'zod'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Attachment } from '../contract/attachment.ts'
import type { Circumstances, FormOpening, Incoming, OptionInput, Said, Typing } from '../contract/incoming.ts'
import { HttpError } from './http/http-error.ts'
import type { Viewer } from './page-views.ts'

/** All who use one page read along with each other. */
export const pageSpace = 'page'

const event = z.string().regex(/^[a-z0-9]{8,32}$/)
const name = z.string().max(32)
const locale = z.string().max(35)
const upload = z.object({ upload: z.string().max(64) })
const uploads = z.array(upload).max(50)
const optionInput = z.union([z.string().max(8000), z.number(), z.boolean(), upload, uploads])

const pageInputSchema = z.union([
  z.object({
    kind: z.literal('text'),
    event,
    locale,
    text: z.string().max(8000),
    silent: z.boolean().optional(),
    files: uploads.optional(),
  }),
  z.object({
    kind: z.literal('command'),
    event,
    locale,
    command: name,
    action: name.optional(),
    options: z.array(z.tuple([name, optionInput])).max(50),
  }),
])

const typingSchema = z.object({ locale, command: name, action: name.optional(), option: name, typed: z.string().max(1000) })

const openingSchema = z.object({ locale, command: name, action: name.optional(), given: z.record(name, z.string().max(1000)) })

/** What somebody did. `silent`: a button said it for them. Options come as pairs: names are people's words, too. */
export type PageInput = z.infer<typeof pageInputSchema>

/** @throws HttpError */
export function readPageInput(body: unknown): PageInput {
  return checkShape(pageInputSchema, body)
}

/** What every call of this person says about them. @param admin signed in with the token, which whoever runs the bot has */
export function viewerOf(person: string, admin: boolean, locale: string): Viewer {
  return {
    owner: { platform: 'web', space: pageSpace, person },
    asker: { admin, operator: admin, roles: [] },
    channel: { id: pageSpace, ageRestricted: false, direct: false, missing: [] },
    locale,
  }
}

/** @param file an upload of this person @throws HttpError */
export function incomingOf(input: PageInput, viewer: Viewer, name: string, file: (id: string) => Attachment): Incoming {
  const { person } = viewer.owner
  const circumstances: Circumstances = {
    ...viewer,
    id: `${person}-${input.event}`,
    name,
    address: { person, event: input.event },
  }
  return { ...circumstances, ...saidIn(input, file) }
}

function saidIn(input: PageInput, file: (id: string) => Attachment): Said {
  switch (input.kind) {
    case 'text':
      return { kind: 'text', text: input.text, ...(input.files && { files: input.files.map(({ upload }) => file(upload)) }) }
    case 'command': {
      const options = input.options.map(([name, value]): [string, OptionInput] => [
        name,
        typeof value !== 'object' ? value : Array.isArray(value) ? value.map(({ upload }) => file(upload)) : file(value.upload),
      ])
      const { command, action } = input
      return { kind: 'command', command, ...omitUndefined({ action }), options: Object.fromEntries(options) }
    }
  }
}

/** @param viewerIn who types, in which language @throws HttpError */
export function readTyping(body: unknown, viewerIn: (locale: string) => Viewer): Typing {
  const typing = checkShape(typingSchema, body)
  const { owner, asker } = viewerIn(typing.locale)
  return omitUndefined({ owner, asker, ...typing })
}

/** @param viewerIn who opens it, in which language @throws HttpError */
export function readOpening(body: unknown, viewerIn: (locale: string) => Viewer): FormOpening {
  const opening = checkShape(openingSchema, body)
  const { owner, asker } = viewerIn(opening.locale)
  return omitUndefined({ owner, asker, ...opening })
}

/** @throws HttpError */
export function checkShape<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  const where = path.length > 0 ? ` (${path.join('.')}: ${message})` : ''
  throw new HttpError(400, 'not-understood', `The page and its server do not understand each other${where}: load the page again.`)
}
