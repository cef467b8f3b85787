// The dashboard asks for what bot and GPU hosts count, by labels that they give.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import dashboard from '../../deploy/dashboard.json' with { type: 'json' }
import { createMetrics } from '../../src/bot/monitoring/metrics.ts'
import { createHostMetrics } from '../../src/render/bullmq/host/host-metrics.ts'

const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr, legendFormat }) => ({ expr, legendFormat })))

async function metricsTexts(): Promise<readonly string[]> {
  const bot = createMetrics()
  bot.watch({ loadByPlatform: () => new Map(), listen: () => () => undefined }, { list: () => [] })
  const host = createHostMetrics('ada')
  host.watch({ state: () => 'up', runs: () => [] })
  return Promise.all([bot.text(), host.text()])
}

/** Names of metrics as Prometheus knows them. */
async function countedNames(): Promise<ReadonlySet<string>> {
  const names = [...(await metricsTexts()).join('').matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name!],
  )
  return new Set(names)
}

test('every metric that the dashboard names is one that bot or hosts count', async () => {
  const counted = await countedNames()
  const named = queries.flatMap(({ expr }) => [...expr.matchAll(/\bzoetrope_\w+/g)].map(([name]) => name))
  assert.ok(named.length >= 12)
  assert.deepEqual(
    named.filter((name) => !counted.has(name)),
    [],
  )
})

test('what a legend shows is what its query sums by', () => {
  for (const { expr, legendFormat } of queries) {
    const by = /sum by \(([^)]*)\)/.exec(expr)?.[1]
    if (by === undefined) continue
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      assert.ok(by.split(', ').includes(label!), `${legendFormat} of ${expr}`)
  }
})

const promtool = { skip: spawnSync('promtool', ['--version']).error ? 'there is no promtool here' : false }

test('Prometheus reads what is counted, and finds nothing to complain of in names of ours', promtool, async () => {
  for (const text of await metricsTexts()) {
    const { stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    // Node's own have names of prom-client's.
    assert.deepEqual(
      stderr.split('\n').filter((line) => /^zoetrope_|error/.test(line)),
      [],
    )
  }
})

test('Prometheus reads every query of the dashboard', promtool, () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-queries-'))
  const path = join(folder, 'rules.yaml')
  const rules = queries.map(({ expr }, n) => ({ record: `query:n${n}`, expr: expr.replaceAll('$__rate_interval', '5m') }))
  writeFileSync(path, stringify({ groups: [{ name: 'dashboard', rules }] }))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', path], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  assert.equal(status, 0, `${stdout}${stderr}`)
})
