// Traces as a collector gets them: OTLP over HTTP, to the one address that is configured.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openTracing } from '../src/tracing.ts'

interface Sent {
  readonly path: string | undefined
  readonly body: string
}

test('a span that is over arrives with its ids, times, parent and failure; where no collector is named nothing is sent', async (t) => {
  const sent: Sent[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    sent.push({ path: request.url, body: Buffer.concat(parts).toString() })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const errors: unknown[] = []
  const about = { service: 'zoetrope-test', version: '1.2.3', onError: (error: unknown) => errors.push(error) }
  const span = { name: 'render', traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', parentId: '00f067aa0ba902b7' }

  const off = await openTracing({ endpoint: undefined, ...about })
  off.record({ ...span, startMs: 1000, endMs: 2000, attributes: {} })
  await off.close()
  assert.equal(sent.length, 0)

  const tracing = await openTracing({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ...about })
  tracing.record({ ...span, startMs: 1000, endMs: 2500, attributes: { steps: 4, style: 'ink' }, failure: 'it broke' })
  await tracing.close()
  assert.deepEqual(errors, [])
  assert.deepEqual(
    sent.map(({ path }) => path),
    ['/v1/traces'],
  )
  const { resourceSpans } = JSON.parse(sent[0]!.body)
  const [one] = resourceSpans[0].scopeSpans[0].spans
  const { traceId, spanId, parentSpanId, name, startTimeUnixNano, endTimeUnixNano, status } = one
  assert.deepEqual(
    { traceId, spanId, parentSpanId, name },
    { traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentId, name: 'render' },
  )
  assert.deepEqual([Number(startTimeUnixNano) / 1e6, Number(endTimeUnixNano) / 1e6], [1000, 2500])
  assert.equal(status.message, 'it broke')
  const valueIn = (key: string, { attributes }: { attributes: { key: string; value: Record<string, unknown> }[] }) =>
    Object.values(attributes.find((attribute) => attribute.key === key)!.value)[0]
  assert.deepEqual([valueIn('steps', one), valueIn('style', one)], [4, 'ink'])
  assert.equal(valueIn('service.name', resourceSpans[0].resource), 'zoetrope-test')
})
