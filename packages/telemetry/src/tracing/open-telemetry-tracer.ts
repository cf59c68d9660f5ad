import {
  context,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span as ApiSpan,
  type TracerProvider,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  type Resource,
} from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { randomUUID } from "node:crypto";
import { createLineLimiter } from "../line-limiter.ts";
import { parseTraceparent } from "../traceparent.ts";
import type { Span, SpanAttributes, Tracer } from "./tracer.ts";
import type { TracingConfig } from "./tracing-config.ts";

export interface OpenTelemetryTracerOptions {
  readonly config: TracingConfig;
  readonly service: string;
  readonly onTrouble: (message: string) => void;
}

const sendEveryMs = 1_000;
/** Longer waits would hold up a stop for the sake of its own record. */
const flushLimitMs = 2_000;
/** A guard for attributes that are longer than any fact needs to be. */
const longestAttribute = 1_024;

const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, client: SpanKind.CLIENT };

/**
 * A tracer of its own: the SDK puts its provider into a global variable, where it is taken out again, so that several
 * services can run in one process. Of the SDK's three signals only traces are used. Spans wait in memory
 * (2,048 at most, then they are dropped) and are posted in batches; a collector that is away costs nobody anything.
 */
export function createOpenTelemetryTracer({
  config,
  service,
  onTrouble,
}: OpenTelemetryTracerOptions): Tracer {
  const exporter = reportingFailures(new OTLPTraceExporter({ url: config.url }), onTrouble);
  const sdk = new NodeSDK({
    resource: resourceOf(config, service),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: longestAttribute },
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: sendEveryMs })],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    autoDetectResources: false,
    textMapPropagator: null,
  });
  sdk.start();
  const tracer = takeGlobalProvider().getTracer("tokenhub");
  return {
    startSpan: (name, { kind, parent, attributes }) =>
      wrap(
        tracer.startSpan(
          name,
          { kind: kinds[kind], attributes: present(attributes ?? {}) },
          contextOf(parent),
        ),
      ),
    async [Symbol.asyncDispose]() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, flushLimitMs);
      // A failure has been told by the exporter already.
      await Promise.race([sdk.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function takeGlobalProvider(): TracerProvider {
  const provider = trace.getTracerProvider();
  trace.disable();
  context.disable();
  return provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
}

/** Nothing about the machine: command line, host and user are nobody's business but the operator's. */
function resourceOf({ serviceNameOf }: TracingConfig, service: string): Resource {
  const ours = resourceFromAttributes({
    "service.name": serviceNameOf(service),
    "service.namespace": "tokenhub",
    "service.instance.id": randomUUID(),
  });
  return detectResources({ detectors: [resourceAttributesEnvDetector] }).merge(ours);
}

function contextOf(traceparent: string | null): Context {
  const parent = parseTraceparent(traceparent);
  if (parent === null) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.parentId,
    traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}

function wrap(span: ApiSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? "00" : "01"}`,
    set: (attributes) => void span.setAttributes(present(attributes)),
    fail(reason) {
      span.setAttribute("error.type", reason);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

function present(attributes: SpanAttributes): Attributes {
  const given: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "object" && value !== null) given[name] = [...value];
    else if (value !== null && value !== undefined) given[name] = value;
  }
  return given;
}

/** Says once a minute that spans are lost, with the kind of the error: its text may quote the address. */
function reportingFailures(exporter: SpanExporter, onTrouble: (message: string) => void): SpanExporter {
  const limiter = createLineLimiter({ perMinute: 1, now: Date.now });
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) {
          const { name } = result.error;
          const code = "code" in result.error ? ` ${String(result.error.code)}` : "";
          limiter.line((suppressed) =>
            onTrouble(
              `${spans.length} spans could not be sent (${name}${code}) and were dropped; ${suppressed} batches before them were too`,
            ),
          );
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
