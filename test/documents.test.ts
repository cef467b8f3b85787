// The documents that people find their way by: every path that they name is there.

import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { readSource, root } from './architecture/source-imports.ts'

/** A file or folder that a reader could open: it has a folder in front of it, or ends as files do. */
const isPath = (text: string): boolean =>
  /^[\w.<*][\w.<>*-]*(?:\/[\w.<>*-]+)*\/?$/.test(text) && (text.includes('/') || /\.(?:ts|js|md|json)$/.test(text))

/** `<name>` stands for what is to be made, or for each of those that are there. */
const isThere = (path: string): boolean =>
  /[<*]/.test(path) ? globSync(path.replaceAll(/<\w+>/g, '*'), { cwd: root }).length > 0 : existsSync(join(root, path))

/** @param near folders that a path may be told from; the project itself is always one */
function missing(paths: readonly string[], near: readonly string[] = []): string[] {
  const folders = ['.', ...near]
  return paths.filter((path) => !folders.some((folder) => isThere(join(folder, path))))
}

const inBackticks = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, inner]) => inner!)

function section(text: string, heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`)
  assert.notEqual(start, -1, `there is a part "${heading}"`)
  const end = text.indexOf('\n## ', start + 1)
  return text.slice(start, end === -1 ? undefined : end)
}

describe('the README', () => {
  const readme = readSource('README.md')

  test('names a route whose stations are there, each from the project, src/ or the station before', () => {
    const drawing = /```\n([\s\S]*?)```/.exec(section(readme, 'The route of a message'))![1]!
    const stations = drawing.split(/[\s─▶,()]+/).filter(isPath)
    assert.ok(stations.length > 12, `${stations}`)
    const near = new Set(stations.filter((path) => isThere(path)).map(dirname))
    assert.deepEqual(missing(stations, ['src', ...near]), [])
  })

  test('names rooms, and parts of them, that are there', () => {
    const rows = section(readme, 'The rooms')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    assert.ok(rows.length > 20)
    for (const row of rows) {
      const [rooms = '', about = ''] = row.split('|').slice(1)
      const paths = inBackticks(rooms)
      assert.deepEqual(missing(paths), [])
      assert.deepEqual(missing(inBackticks(about).filter(isPath), paths), [], row)
    }
  })
})

describe('CONTRIBUTING.md', () => {
  const contributing = readSource('CONTRIBUTING.md')

  test('names files and folders that are there, in its recipes too', () => {
    const commands = inBackticks(contributing).flatMap((text) => text.split(/[\s"]+/))
    const paths = commands.filter(isPath)
    assert.ok(paths.length > 60, `${paths.length} paths`)
    // What a recipe has people make is named by its ending: one of that kind is there.
    const models: Readonly<Record<string, string>> = {
      'index.ts': 'src/chat/slack',
      'receive.ts': 'src/chat/slack',
      'post.ts': 'src/chat/slack',
    }
    assert.deepEqual(missing(paths.map((path) => (path in models ? join(models[path]!, path) : path))), [])
  })

  test('has a recipe for each thing that people add', () => {
    const recipes = [...contributing.matchAll(/^### (.+)$/gm)].map(([, name]) => name)
    assert.deepEqual(recipes, [
      'A sampler',
      'A command',
      'A setting',
      'A kind of LoRA',
      'A refusal of a file',
      'A device',
      'A chat platform',
    ])
  })
})

test('a path that is not there is seen', () => {
  assert.deepEqual(missing(['src/nowhere.ts', 'src/cli.ts', 'src/nowhere/<name>.ts', 'src/chat/<platform>/post.ts']), [
    'src/nowhere.ts',
    'src/nowhere/<name>.ts',
  ])
  assert.ok(isPath('src/cli.ts') && isPath('limits/') && isPath('README.md'))
  assert.ok(!isPath('npm') && !isPath('--test') && !isPath('samplerNames'))
})
