// Posting to the terminal: Outgoing → lines. What is edited is printed anew under its name; what was printed cannot be taken back.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serial } from '../../serial.ts'
import type { Form, Item, Outgoing } from '../contract/outgoing.ts'
import { plainText } from '../contract/plain-text.ts'
import type { Platform, Posted } from '../contract/platform.ts'

export interface Screen {
  readonly print: (line: string) => void
  readonly folder: string
  readonly json: boolean
  /** Of buttons, by their number less one. */
  readonly commands: string[]
  form?: Form | undefined
  /** What was filled in so far. */
  readonly fields: (readonly [name: string, text: string])[]
}

export function createPost(screen: Screen): Pick<Platform, 'acknowledge' | 'post' | 'edit' | 'remove' | 'open'> {
  const inTurn = serial()
  const byNonce = new Map<string, Posted>()
  const removed = new Set<unknown>()
  const show = (name: string, outgoing: Outgoing) =>
    inTurn(async () => {
      const lines = await linesOf(name, outgoing, screen)
      screen.print(screen.json ? jsonOf(name, outgoing, screen) : [name, ...lines, ''].join('\n'))
    })
  return {
    async acknowledge() {},
    async post(_address, outgoing) {
      const there = byNonce.get(outgoing.nonce ?? '')
      if (there) return there
      const name = `#${randomBytes(3).toString('hex')}`
      const posted = { handle: name, messages: [name] }
      if (outgoing.nonce !== undefined) byNonce.set(outgoing.nonce, posted)
      await show(name, outgoing)
      return posted
    },
    async edit(posted, outgoing) {
      if (removed.has(posted.handle)) return undefined
      await show(String(posted.handle), outgoing)
      return posted
    },
    async remove({ handle }) {
      removed.add(handle)
      await inTurn(() => screen.print(screen.json ? JSON.stringify({ message: handle, removed: true }) : `${handle} ✗\n`))
    },
    async open(_address, form) {
      const fields = form.fields.filter(({ option }) => option.kind !== 'file' && option.kind !== 'files')
      screen.form = { ...form, fields }
      if (screen.json) return screen.print(JSON.stringify({ form: form.title, fields }))
      screen.print([form.title, ...fields.map(({ name, value = '' }) => `${name}: ${value}`), `${fields[0]!.name}?`].join('\n'))
    },
  }
}

async function linesOf(name: string, part: Partial<Outgoing & Item>, screen: Screen): Promise<string[]> {
  const { title, text, quote, facts = [], progress, picture, file, items = [], buttons = [] } = part
  const done = progress && `${Math.floor(progress.done * 100)}% ${progress.text}`
  const words = [title, text, quote && `> ${quote}`, done, ...facts.map(({ label, value }) => `${label}: ${value}`)]
  const lines = words.flatMap((one) => one?.split('\n').map(plainText) ?? [])
  for (const one of [picture, file]) {
    if (!one) continue
    const path = pathOf(name, one, screen)
    await mkdir(screen.folder, { recursive: true })
    await writeFile(path, one.bytes)
    lines.push(path)
  }
  for (const item of items) lines.push('', ...(await linesOf(name, item, screen)))
  return [...lines, ...buttons.map(({ label, command }) => `[${numberOf(command, screen)}] ${plainText(label)}`)]
}

const pathOf = (name: string, { fileName }: { readonly fileName: string }, { folder }: Screen): string =>
  join(folder, `${name.slice(1)}-${fileName}`)

/** Files by the paths that they were written to; buttons with the numbers that press them. */
function jsonOf(name: string, outgoing: Outgoing, screen: Screen): string {
  return JSON.stringify({ message: name, ...outgoing }, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('fileName' in value && typeof value.fileName === 'string') return pathOf(name, { fileName: value.fileName }, screen)
    if ('command' in value && 'label' in value) return { ...value, number: numberOf(String(value.command), screen) }
    return value
  })
}

/** A command that was offered before keeps its number. */
function numberOf(command: string, { commands }: Screen): number {
  if (!commands.includes(command)) commands.push(command)
  return commands.indexOf(command) + 1
}
