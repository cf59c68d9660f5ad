import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createJobTracing } from "./job-tracing.ts";
import { createRequestTracing } from "./request-tracing.ts";
import type { SpanAttributes, SpanOptions, Tracer } from "./tracer.ts";

interface KeptSpan extends SpanOptions {
  readonly name: string;
  readonly attributes: SpanAttributes;
  readonly failures: readonly string[];
  readonly isOver: boolean;
}

/** A tracer that keeps what it is told. */
function keepingTracer(): Tracer & { readonly spans: KeptSpan[] } {
  const spans: KeptSpan[] = [];
  return {
    spans,
    startSpan(name, options) {
      const kept = {
        ...options,
        name,
        attributes: { ...options.attributes },
        failures: [] as string[],
        isOver: false,
      };
      spans.push(kept);
      return {
        traceparent: `00-${"a".repeat(32)}-${String(spans.length).padStart(16, "0")}-01`,
        set: (attributes) => void Object.assign(kept.attributes, attributes),
        fail: (reason) => void kept.failures.push(reason),
        end: () => void (kept.isOver = true),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("without a tracer nothing is wrapped", () => {
  const handler: RequestListener = () => undefined;
  expect(createRequestTracing(null).wrap(handler)).toBe(handler);
  expect(createRequestTracing(null).spanOf("any")).toBeNull();
  const run = async () => ({ kind: "done" });
  const jobs = createJobTracing(null, { name: "job", kind: "consumer" });
  expect(jobs.wrap(run)).toBe(run);
  expect(jobs.current()).toBeNull();
});

test("only requests for the API are spans, without their query", async () => {
  const tracer = keepingTracer();
  const url = await serve(createRequestTracing(tracer).wrap((_request, response) => response.end()));
  for (const path of ["/metrics", "/healthz", "/", "/v1/models?key=secret"])
    await (await fetch(url + path)).text();
  await expect.poll(() => tracer.spans.map(({ isOver }) => isOver)).toEqual([true]);
  expect(tracer.spans[0]?.attributes).toMatchObject({
    "url.path": "/v1/models",
    "http.request.method": "GET",
    "http.response.status_code": 200,
  });
});

test("a span is found by its context while its request is open, and forgotten with it", async () => {
  const tracer = keepingTracer();
  const tracing = createRequestTracing(tracer);
  let seen: string | null = null;
  const url = await serve(
    tracing.wrap((request, response) => {
      seen = String(request.headers["traceparent"]);
      tracing.spanOf(seen)?.set({ found: true });
      response.statusCode = 503;
      response.end();
    }),
  );
  await (await fetch(`${url}/v1/chat`, { headers: { traceparent: "callers" } })).text();
  await expect.poll(() => tracer.spans[0]?.isOver).toBe(true);
  expect(tracer.spans[0]).toMatchObject({
    parent: "callers",
    attributes: { found: true },
    failures: ["503"],
  });
  expect(tracing.spanOf(seen)).toBeNull();
});

test("a caller that goes away before the answer is told in the span", async () => {
  const tracer = keepingTracer();
  const arrived = Promise.withResolvers<void>();
  const url = await serve(createRequestTracing(tracer).wrap(() => arrived.resolve()));
  const leaving = new AbortController();
  const request = fetch(`${url}/v1/chat`, { signal: leaving.signal }).catch(() => undefined);
  await arrived.promise;
  leaving.abort();
  await request;
  await expect.poll(() => tracer.spans[0]?.failures).toEqual(["caller_gone"]);
});

test("a job's handler works in a span of its own and hands its context on", async () => {
  const tracer = keepingTracer();
  const tracing = createJobTracing(tracer, { name: "tokenhub.route", kind: "consumer" });
  const run = tracing.wrap(async (job) => {
    await Promise.resolve();
    tracing.current()?.set({ inside: job.traceparent });
    return { kind: "done" };
  });
  const { signal } = new AbortController();
  const job = { requestId: "req_1", round: 2, traceparent: "parent" };
  await Promise.all([run(job, signal), run({ ...job, requestId: "req_2" }, signal)]);
  expect(tracing.current()).toBeNull();
  expect(tracer.spans.map(({ parent, attributes, isOver }) => ({ parent, attributes, isOver }))).toEqual(
    ["req_1", "req_2"].map((requestId, index) => ({
      parent: "parent",
      isOver: true,
      attributes: {
        "tokenhub.request_id": requestId,
        "tokenhub.round": 2,
        "tokenhub.job.outcome": "done",
        inside: `00-${"a".repeat(32)}-${String(index + 1).padStart(16, "0")}-01`,
      },
    })),
  );
});

test("a handler that throws ends its span as failed, with the error's kind and not its text", async () => {
  const tracer = keepingTracer();
  const run = createJobTracing(tracer, { name: "job", kind: "consumer" }).wrap(
    async (): Promise<{ kind: string }> => {
      throw new RangeError("redis://:hunter2@host");
    },
  );
  const job = { requestId: "req_1", round: 0, traceparent: null };
  await expect(run(job, new AbortController().signal)).rejects.toThrow(RangeError);
  expect(tracer.spans[0]).toMatchObject({ failures: ["RangeError"], isOver: true });
  expect(JSON.stringify(tracer.spans)).not.toContain("hunter2");
});
