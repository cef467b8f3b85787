// Tracing (OpenTelemetry): spans that are over, sent to a collector by OTLP over HTTP; to nobody where none is configured.

import { omitUndefined } from './omit-undefined.ts'

export interface EndedSpan {
  readonly name: string
  /** In hexadecimal: 16 bytes, and 8 of spans. */
  readonly traceId: string
  /** Any where it is absent. */
  readonly spanId?: string
  readonly parentId?: string
  /** Since 1970. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** Why it came to nothing. */
  readonly failure?: string
}

export interface Tracing {
  record(span: EndedSpan): void
  /** Resolves when what was recorded has been sent, or could not be. */
  close(): Promise<void>
}

export interface TracingOptions {
  /** Of a collector, such as http://localhost:4318. */
  readonly endpoint: string | undefined
  /** As traces name who told of a span. */
  readonly service: string
  readonly instance?: string
  readonly version: string
  readonly onError: (error: unknown) => void
}

export async function openTracing({ endpoint, service, instance, version, onError }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return { record: () => undefined, close: async () => undefined }
  // Modules that nobody waits for who has no collector.
  const { diag, DiagLogLevel, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } = await import('@opentelemetry/api')
  const { BatchSpanProcessor, RandomIdGenerator, TracerProvider } = await import('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const silent = () => undefined
  diag.setLogger(
    { error: (message) => onError(new Error(message)), warn: silent, info: silent, debug: silent, verbose: silent },
    DiagLogLevel.ERROR,
  )
  const random = new RandomIdGenerator()
  let next: Pick<EndedSpan, 'traceId' | 'spanId'> | undefined
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      ...omitUndefined({ 'service.instance.id': instance }),
    }),
    idGenerator: {
      generateTraceId: () => next?.traceId ?? random.generateTraceId(),
      generateSpanId: () => next?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` }) })],
  })
  const tracer = provider.getTracer('zoetrope', version)

  return {
    record({ name, traceId, spanId, parentId, startMs, endMs, attributes, failure }) {
      const parent = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true }
      const context = parentId === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
      // A Date: a number from before this process began would be read as one since then.
      next = { traceId, ...omitUndefined({ spanId }) }
      const span = tracer.startSpan(name, { startTime: new Date(startMs), attributes: { ...attributes } }, context)
      next = undefined
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
      span.end(new Date(endMs))
    },
    close: () => provider.shutdown().catch(onError),
  }
}
