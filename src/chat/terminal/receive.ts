// Receiving from the terminal: a line → Incoming. A number is a button; while a form is open, lines fill in its fields.

import { randomUUID } from 'node:crypto'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Incoming, Said } from '../contract/incoming.ts'
import type { Screen } from './post.ts'

/** Undefined while there is more to fill in. An empty line leaves what stands in a field. */
export function saidBy(line: string, screen: Screen): Said | undefined {
  const { form, fields, commands, print } = screen
  if (!form) return line.trim() === '' ? undefined : { kind: 'text', text: commands[Number(line) - 1] ?? line }
  const { name, value = '' } = form.fields[fields.length]!
  fields.push([name, line.trim() || value])
  if (fields.length < form.fields.length) return void (screen.json || print(`${form.fields[fields.length]!.name}?`))
  screen.form = undefined
  const { command, action, fixed } = form
  const filled = fields.splice(0).filter(([, text]) => text !== '')
  return { kind: 'command', command, ...omitUndefined({ action }), options: { ...fixed, ...Object.fromEntries(filled) } }
}

export function incomingOf(said: Said): Incoming {
  const owner = { platform: 'terminal', space: 'terminal', person: 'you' }
  const asker = { admin: true, operator: true, roles: [] }
  const channel = { id: 'terminal', ageRestricted: false, direct: true, missing: [] }
  const { locale } = Intl.DateTimeFormat().resolvedOptions()
  return { id: randomUUID(), owner, name: 'you', asker, channel, address: null, locale, ...said }
}
