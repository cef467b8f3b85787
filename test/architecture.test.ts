// The architecture, held: which room may import which (the README's table), how the engine is entered, no circles, a pure core, one
// reader of the environment, one declaration of a type's name.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import description from '../package.json' with { type: 'json' }
import { type Import, isPackage, liesIn, readRoomTable, refusal, upwardArrows } from './architecture/room-table.ts'
import { sourceFiles as files, importsIn, readSource, root } from './architecture/source-imports.ts'

const rooms = readRoomTable(readSource('README.md'))
const imports = files.flatMap((file) => importsIn(readSource(file), file))

describe('the table of rooms', () => {
  test('holds for every import there is, of types, re-exported and dynamic ones too', () => {
    assert.ok(files.length > 400 && imports.length > 2 * files.length, 'the sources were found')
    assert.deepEqual(
      imports.flatMap((one) => refusal(one, rooms) ?? []),
      [],
    )
  })

  test('allows nothing that stands in the same row or above', () => {
    assert.ok(rooms.length > 15, 'the table was read')
    assert.deepEqual(upwardArrows(rooms), [])
  })

  test('names rooms and files that are there, and packages that are installed', () => {
    const allowed = rooms.flatMap(({ may }) => (may === 'anything' ? [] : may))
    const paths = [...rooms.map(({ path }) => path), ...allowed.flatMap(({ target, within }) => [target, within ?? target])]
    for (const path of paths.filter((one) => !isPackage(one))) assert.ok(existsSync(join(root, path)), `${path} is not there`)
    for (const name of paths.filter(isPackage)) assert.ok(name in description.dependencies, `${name} is no dependency`)
  })

  const imported = (from: string, to: string, typeOnly = false): string | undefined => refusal({ from, to, typeOnly }, rooms)

  test('would show what it forbids', () => {
    for (const [from, to] of [
      ['src/engine/noise.ts', 'src/jobs/job.ts'],
      ['src/engine/noise.ts', 'src/serial.ts'],
      ['src/engine/noise.ts', 'onnxruntime-node'],
      ['src/jobs/job.ts', 'src/chat/contract/reply.ts'],
      ['src/jobs/job.ts', 'discord.js'],
      ['src/render/pool.ts', 'src/render/local/child.ts'],
      ['src/render/bullmq/pool/pool.ts', 'src/render/bullmq/host/gpu-host.ts'],
      ['src/render/bullmq/host/gpu-host.ts', 'src/render/bullmq/pool/pool.ts'],
      ['src/render/bullmq/protocol/messages/order.ts', 'src/render/bullmq/pool/pool.ts'],
      ['src/render/bullmq/protocol/messages/order.ts', 'src/render/bullmq/host/gpu-host.ts'],
      ['src/render/local/local-pool.ts', 'src/render/bullmq/protocol/messages/order.ts'],
      ['src/chat/router.ts', 'src/chat/discord/index.ts'],
      ['src/chat/discord/index.ts', 'src/chat/slack/index.ts'],
      ['commands/animate.ts', 'src/engine/index.ts'],
      ['commands/animate.ts', 'src/jobs/job.ts'],
      ['src/new-file.ts', 'zod'],
    ] as const) {
      for (const typeOnly of [false, true]) assert.ok(imported(from, to, typeOnly), `${from} imports ${to}`)
    }
    assert.ok(imported('src/styles/styles.ts', 'src/store/store.ts'), 'where types of a room are allowed, its values are not')
  })

  test('would let pass what it allows', () => {
    assert.equal(imported('src/bot.ts', 'src/engine/index.ts'), undefined)
    assert.equal(imported('src/styles/styles.ts', 'src/store/store.ts', true), undefined)
    assert.equal(imported('src/jobs/job.ts', 'src/errors.ts'), undefined)
    assert.equal(imported('src/render/bullmq/pool/pool.ts', 'src/render/bullmq/protocol/messages/order.ts'), undefined)
    assert.equal(imported('src/render/bullmq/host/gpu-host.ts', 'src/render/bullmq/protocol/messages/order.ts'), undefined)
    assert.equal(imported('src/chat/web/index.ts', 'hono/cookie'), undefined)
    assert.equal(imported('src/engine/runtime/session.ts', 'onnxruntime-node'), undefined)
  })
})

test('every form of import is seen, and what is none is not', () => {
  const text = `
import a from '../a.ts'
import type { B } from './b.ts'
import { c,
  type C,
} from './c.ts'
import * as d from 'd'
import './e.ts'
export { f } from './f.ts'
export type { G } from './g.ts'
export * from './h.ts'
export type { I }
export interface J { readonly kind: 'none' }
export const from = 'nowhere'
const k = await import('./k.ts')
const l = createRequire(import.meta.url).resolve('l/package.json')
/** @import { M } from './m.js' */
`
  assert.deepEqual(
    importsIn(text, 'src/room/x.ts')
      .map(({ to, typeOnly }) => (typeOnly ? `types of ${to}` : to))
      .sort(),
    [
      'd',
      'l/package.json',
      'src/a.ts',
      'src/room/c.ts',
      'src/room/e.ts',
      'src/room/f.ts',
      'src/room/h.ts',
      'src/room/k.ts',
      'types of src/room/b.ts',
      'types of src/room/g.ts',
      'types of src/room/m.js',
    ],
  )
})

/** How the engine is entered: files without ONNX Runtime, and what computes. */
const doors = ['src/engine/index.ts', 'src/engine/run.ts', 'src/engine/train.ts']

test('the engine is entered by its doors, or at a file beside them that imports nothing', () => {
  const importers = new Set(imports.map(({ from }) => from))
  const isEntry = (to: string): boolean => doors.includes(to) || (dirname(to) === 'src/engine' && !importers.has(to))
  const outside = imports.filter(({ from, to, typeOnly }) => liesIn(to, 'src/engine') && !liesIn(from, 'src/engine') && !typeOnly)
  assert.ok(outside.some(({ to }) => to === doors[0]) && outside.some(({ to }) => to === doors[1]), 'both doors are used')
  assert.deepEqual(
    outside.filter(({ to }) => !isEntry(to)).map(({ from, to }) => `${from} imports ${to}`),
    [],
  )
})

test('no files import each other in a circle', () => {
  const compiled = files.filter((file) => file.endsWith('.ts')) // what the browser runs speaks of types in circles, and no more
  const neighbours = Map.groupBy(imports, ({ from }) => from)
  const reachable = new Map(compiled.map((file) => [file, reachableFrom(file, neighbours)]))
  const circles = compiled
    .filter((file) => reachable.get(file)!.has(file))
    .map((file) => compiled.filter((other) => reachable.get(file)!.has(other) && reachable.get(other)!.has(file)))
  assert.deepEqual(circles, [])
})

/** `file` itself only where a path leads back to it. */
function reachableFrom(file: string, neighbours: ReadonlyMap<string, readonly Import[]>): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [file]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { to } of neighbours.get(at) ?? []) {
      if (found.has(to)) continue
      found.add(to)
      open.push(to)
    }
  }
  return found
}

test('the core holds no clock, no chance and no environment', () => {
  const pure = files.filter(
    (file) => /^(?:commands|src\/engine\/(?:samplers|text|nets|onnx|targets))\//.test(file) || file === 'src/chat/input/parse.ts',
  )
  assert.ok(pure.length > 50, 'the core was found')
  const impure = /\b(?:Date\.now|performance\.now|Math\.random|process\.env|randomUUID|setTimeout)\b/
  assert.deepEqual(
    pure.filter((file) => impure.test(readSource(file))),
    [],
  )
})

test('the environment is read in one place', () => {
  const readers = files.filter((file) => /process\.env\.|process\.env\[[^\]]*\](?! = )/.test(readSource(file)))
  assert.deepEqual(
    readers.filter((file) => file !== 'src/config.ts'),
    [],
  )
})

/** Type names that more than one file declares, and why; at most ten. */
const sharedTypeNames: Readonly<Record<string, string>> = {
  Address: 'every platform has one, opaque to the chat: where its message stands',
  Handle: 'every platform has one, opaque to the chat: what it edits a message by',
}

test('a type is exported under a name that no other file exports, but for those with a reason', () => {
  const declaration = /^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm
  const declared = files.flatMap((file) => [...readSource(file).matchAll(declaration)].map(([, name]) => ({ name: name!, file })))
  assert.ok(declared.length > 300, 'the declarations were found')
  const shared = Map.groupBy(declared, ({ name }) => name).values()
  const names = [...shared].filter(([, second]) => second !== undefined)
  assert.deepEqual(
    names.filter(([one]) => !(one!.name in sharedTypeNames)).map((ones) => `${ones[0]!.name}: ${ones.map(({ file }) => file).join(', ')}`),
    [],
  )
  assert.deepEqual(
    Object.keys(sharedTypeNames).filter((name) => !names.some(([one]) => one!.name === name)),
    [],
    'a name that was given up is taken off the list',
  )
  assert.ok(Object.keys(sharedTypeNames).length <= 10)
})
