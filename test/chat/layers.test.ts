// The layers of the chat: which of its rooms may import which, type-only imports too, and that no files import each other in a circle.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const chat = 'src/chat'

/** From the bottom up: each may import itself and what stands before it. */
const layers = ['contract', 'locales', 'input', 'delivery', 'context', 'router', 'chat.ts'] as const
/** Of one layer, and so apart from each other. */
const apart: readonly (readonly [string, string])[] = [
  ['input', 'delivery'],
  ['delivery', 'input'],
]
/** Small nouns that know nothing of the chat: everybody may import them. */
const leaves = ['in-flight.ts', 'observer.ts', 'time-limit.ts']
const platforms = ['discord', 'slack', 'terminal', 'web']
const ofPlatforms = ['contract', 'locales', 'input', ...leaves]

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly?: boolean
}

const files = globSync(`${chat}/**/*.ts`, { cwd: root })
const imports = files.flatMap((from): Import[] => {
  const text = readFileSync(join(root, from), 'utf8')
  const found = [...text.matchAll(/^(?:import|export)(\s+type)?[^;']*?from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)/gm)]
  return found.map(([, type, to, dynamic]) => {
    return { from, to: relative(root, join(root, dirname(from), to ?? dynamic!)), typeOnly: type !== undefined }
  })
})

/** 'delivery' of 'src/chat/delivery/pacing/retry.ts', 'chat.ts' of 'src/chat/chat.ts'; 'router' is a folder and a file. */
function roomOf(path: string): string | undefined {
  if (!path.startsWith(`${chat}/`)) return undefined
  const [room] = relative(chat, path).split('/')
  return room === 'router.ts' ? 'router' : room!
}

function isAllowed({ from, to, typeOnly = false }: Import): boolean {
  const [room, imported] = [roomOf(from)!, roomOf(to)]
  if (imported === undefined || imported === room || leaves.includes(imported)) return true
  // the keys of sentences: what a reply may say is checked by the compiler
  if (room === 'contract') return typeOnly && to === `${chat}/locales/en.ts`
  if (platforms.includes(room)) return ofPlatforms.includes(imported)
  if (leaves.includes(room) || platforms.includes(imported)) return false
  if (apart.some(([one, other]) => one === room && other === imported)) return false
  return layers.indexOf(imported as (typeof layers)[number]) < layers.indexOf(room as (typeof layers)[number])
}

test('each room of the chat imports only what lies below it, and nothing imports a platform', () => {
  assert.ok(imports.length > files.length, 'imports were found')
  assert.deepEqual(
    imports.filter((one) => !isAllowed(one)).map(({ from, to }) => `${from} imports ${to}`),
    [],
  )
})

test('a forbidden import would be seen', () => {
  const forbidden: readonly Import[] = [
    { from: `${chat}/contract/reply.ts`, to: `${chat}/locales/speak.ts`, typeOnly: true },
    { from: `${chat}/contract/reply.ts`, to: `${chat}/locales/en.ts` },
    { from: `${chat}/input/parse.ts`, to: `${chat}/delivery/delivery.ts` },
    { from: `${chat}/delivery/delivery.ts`, to: `${chat}/context/contexts.ts` },
    { from: `${chat}/context/contexts.ts`, to: `${chat}/router.ts` },
    { from: `${chat}/chat.ts`, to: `${chat}/web/index.ts` },
    { from: `${chat}/slack/post.ts`, to: `${chat}/discord/post.ts` },
    { from: `${chat}/slack/post.ts`, to: `${chat}/delivery/delivery.ts` },
    { from: `${chat}/time-limit.ts`, to: `${chat}/contract/reply.ts` },
  ]
  for (const one of forbidden) assert.equal(isAllowed(one), false, `${one.from} imports ${one.to}`)
})

test('no files of the chat import each other in a circle', () => {
  const next = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]))
  const done = new Set<string>()
  const circleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const one of next.get(file) ?? []) {
      const circle = circleFrom(one, [...path, file])
      if (circle) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of files) assert.equal(circleFrom(file, [])?.join(' → '), undefined)
})
