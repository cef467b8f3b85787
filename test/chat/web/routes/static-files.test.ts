// The page's modules: typed, and with a text for everything that they say.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { textsIn } from '../../../../src/chat/web/page-texts.ts'

const folder = new URL('../../../../src/chat/web/page/', import.meta.url)

it("the page's own modules pass the type checker", { timeout: 120_000 }, () => {
  const tsc = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', fileURLToPath(folder)], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})

it('the page says only what its tables have, and its tables have only what it says', () => {
  const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
  const source = modules.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  const said = [...source.matchAll(/\btext\('([^']+)'/g)].map((match) => match[1]!)
  for (const language of ['en', 'zh']) {
    const table: Readonly<Record<string, string>> = textsIn(language)
    for (const key of said) assert.ok(table[key], `${key} in ${language}`)
    // keys that are put together begin with what stands before the dash
    for (const key of Object.keys(table)) {
      assert.ok(
        source.includes(`'${key}'`) || source.includes(`\`${key.slice(0, key.indexOf('-') + 1)}`) || /^(theme|motion)-/.test(key),
        key,
      )
    }
  }
})
