// The dashboard asks for what bot and GPU hosts count, by labels that they give.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import dashboard from '../../deploy/dashboard.json' with { type: 'json' }
import { createMetrics } from '../../src/bot/metrics.ts'
import { createHostMetrics } from '../../src/render/bullmq/host-metrics.ts'

const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr, legendFormat }) => ({ expr, legendFormat })))

/** Names of metrics as Prometheus knows them. */
async function countedNames(): Promise<ReadonlySet<string>> {
  const bot = createMetrics()
  bot.watch({ loadByPlatform: () => new Map(), listen: () => () => undefined }, { list: () => [] })
  const host = createHostMetrics('ada')
  host.watch({ state: () => 'up', runs: () => [] })
  const names = [...`${await bot.text()}${await host.text()}`.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
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
