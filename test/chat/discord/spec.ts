// Schema checks by Discord's own OpenAPI: which calls there are, and what goes in and comes out. The package
// discord-api-spec carries it as types and as schemas; its table of calls is read from the types, where it stands in plain sight.
// Its schemas let unknown properties pass; here they are loaded so that they do not.

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { config, locales } from 'zod/mini'

interface Schema {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: { readonly issues: readonly Issue[] } }
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  readonly errors?: readonly (readonly Issue[])[]
}

export interface Operation {
  /** As the specification writes it: `/channels/{channel_id}/messages`. */
  readonly template: string
  readonly method: string
  readonly queries: readonly string[]
  readonly body: string
  /** By status. */
  readonly responses: Readonly<Record<string, string>>
}

const hooks = registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith('/discord-api-spec.zod.js')) return loaded
    const source = String(loaded.source)
    const strict = source.replace('let zObject = z.object;', 'let zObject = z.strictObject;')
    if (strict === source) throw new Error('discord-api-spec no longer makes its objects in one place')
    return { ...loaded, source: strict }
  },
})
const untyped: string = 'discord-api-spec/zod'
const schemas = (await import(untyped)) as unknown as Readonly<Record<string, Schema>>
hooks.deregister()
// they say what is wrong in no language by themselves
config(locales.en())

const operations = operationsIn(readFileSync(fileURLToPath(import.meta.resolve('discord-api-spec')).replace(/\.js$/, '.ts'), 'utf8'))

/** @returns the operation and what stands in the places of its path */
export function findOperation(
  method: string,
  path: string,
): { readonly operation: Operation; readonly params: readonly string[] } | undefined {
  const parts = path.split('/')
  let best: { operation: Operation; params: readonly string[] } | undefined
  for (const operation of operations) {
    const pattern = operation.template.split('/')
    if (operation.method !== method.toLowerCase() || pattern.length !== parts.length) continue
    if (!pattern.every((part, i) => part === parts[i] || (part.startsWith('{') && parts[i] !== ''))) continue
    const params = parts.filter((_, i) => pattern[i]!.startsWith('{')).map(decodeURIComponent)
    // '@original' and '@me' stand in the table by name
    if (!best || params.length < best.params.length) best = { operation, params }
  }
  return best
}

/** What is wrong with a body by Discord's own schema. */
export function wrongBody({ body }: Operation, value: unknown): readonly string[] {
  return wrong(body, value)
}

/** What is wrong with a response of this server: it must not teach what Discord does not say. */
export function wrongResponse({ responses }: Operation, status: number, value: unknown): readonly string[] {
  const expected = responses[String(status)]
  return expected === undefined ? [`${status} is no response to this`] : wrong(expected, value)
}

/** A type expression: names with `|`, `[]`, `null`, `undefined`, `unknown`. */
function wrong(type: string, value: unknown): readonly string[] {
  const kinds = type.split('|').map((one) => one.trim())
  if (kinds.includes('unknown')) return []
  let least: readonly string[] | undefined
  for (const kind of kinds.filter(Boolean)) {
    const issues = wrongKind(kind, value)
    if (issues.length === 0) return []
    if (!least || rank(issues) < rank(least)) least = issues
  }
  return least ?? [`no type for ${type}`]
}

/** Another type altogether is less telling than a detail. */
function rank(issues: readonly string[]): number {
  return issues.length + (issues.some((issue) => issue.startsWith('type:')) ? 1000 : 0)
}

function wrongKind(kind: string, value: unknown): readonly string[] {
  if (kind === 'undefined') return value === undefined ? [] : ['nothing expected']
  if (kind === 'null') return value === null ? [] : ['null expected']
  if (kind.endsWith('[]')) {
    if (!Array.isArray(value)) return ['a list expected']
    return value.flatMap((one, i) => wrongKind(kind.slice(0, -2), one).map((issue) => `${i}.${issue}`))
  }
  const schema = schemas[`${kind}Schema`]
  if (!schema) return [`the specification has no ${kind}`]
  return (schema.safeParse(value).error?.issues ?? []).flatMap((issue) => told(issue))
}

function told(issue: Issue, at: readonly PropertyKey[] = []): string[] {
  const path = [...at, ...issue.path]
  const least = issue.errors?.map((issues) => issues.flatMap((one) => told(one, path))).sort((a, b) => rankOf(a, path) - rankOf(b, path))[0]
  return least ?? [`${path.map(String).join('.')}: ${issue.message}`]
}

function rankOf(issues: readonly string[], path: readonly PropertyKey[]): number {
  return issues.length + (issues.some((issue) => issue.startsWith(`${[...path, 'type'].map(String).join('.')}:`)) ? 1000 : 0)
}

function operationsIn(types: string): Operation[] {
  const begin = types.indexOf('export interface Paths {')
  const table = types.slice(begin, types.indexOf('\n}\n', begin)).replace(/^\s*\/\*\*.*\*\/$/gm, '')
  const found: Operation[] = []
  for (const [, template, inner] of table.matchAll(/^ {2}"(\/[^"]*)": \{\n([\s\S]*?)^ {2}\};$/gm)) {
    for (const [, method, text] of inner!.matchAll(/^ {4}(\w+): \{\n([\s\S]*?)^ {4}\};$/gm)) {
      const query = /^ {8}query\?: \{\n([\s\S]*?)^ {8}\};/m.exec(text!)?.[1] ?? ''
      const responses = /^ {6}responses: \{\n([\s\S]*?)^ {6}\};/m.exec(text!)?.[1] ?? ''
      found.push({
        template: template!,
        method: method!,
        queries: [...query.matchAll(/^ {10}(\w+)\??:/gm)].map((match) => match[1]!),
        body: flat(/^ {6}requestBody\?:\s([^;]*);/m.exec(text!)?.[1] ?? 'undefined'),
        responses: Object.fromEntries([...responses.matchAll(/^ {8}"(\d+)":([^;]*);/gm)].map((match) => [match[1]!, flat(match[2]!)])),
      })
    }
  }
  if (found.length < 200) throw new Error(`only ${found.length} calls found in discord-api-spec`)
  return found
}

function flat(type: string): string {
  return type.replace(/\s+/g, ' ').trim()
}
