import { testApiKey, until, upstreamKey } from "@tokenhub/testkit";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startCollector, type Collector, type ReceivedSpan } from "./collector.ts";
import { startObservedSite, type ObservedSite } from "./observed-site.ts";

const prompt = "the launch code is 0000 and nobody may read it";
const callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const callersSpan = "00f067aa0ba902b7";
const callersTraceparent = `00-${callersTrace}-${callersSpan}-01`;

function askFor(model: string, more: object = {}): object {
  return { model, messages: [{ role: "user", content: prompt }], ...more };
}

async function setUp(
  env: Record<string, string> = {},
): Promise<{ site: ObservedSite; collector: Collector }> {
  const collector = await startCollector();
  onTestFinished(() => collector[Symbol.asyncDispose]());
  const site = await startObservedSite({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_OTEL_ENABLED: "true", TOKENHUB_OTEL_ENDPOINT: collector.url, ...env },
  });
  onTestFinished(() => site[Symbol.asyncDispose]());
  return { site, collector };
}

/** The spans of one trace, once there are so many. */
async function traceOf(collector: Collector, traceId: string, count: number): Promise<ReceivedSpan[]> {
  const spans = () => collector.spans.filter((span) => span.traceId === traceId);
  await until(`${count} spans of trace ${traceId}`, () => spans().length >= count);
  return spans();
}

function only(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const [span, ...others] = spans.filter((candidate) => candidate.name === name);
  if (span === undefined || others.length > 0) throw new Error(`${others.length + 1} spans called ${name}`);
  return span;
}

describe("S3-89: one trace from request to provider call", () => {
  it.each([{ stream: false }, { stream: true }])(
    "S3-89: the caller's span, request, route and call are one chain, and the provider gets the call's context (stream: $stream)",
    async ({ stream }) => {
      const { site, collector } = await setUp();
      const answer = await site.post("/v1/chat/completions", askFor("gpt-test", { stream }), {
        traceparent: callersTraceparent,
      });
      await answer.text();
      const spans = await traceOf(collector, callersTrace, 3);
      const [request, route, call] = ["tokenhub.request", "tokenhub.route", "tokenhub.call"].map((name) =>
        only(spans, name),
      );
      expect(spans).toHaveLength(3);
      expect(request?.parentSpanId).toBe(callersSpan);
      expect(route?.parentSpanId).toBe(request?.spanId);
      expect(call?.parentSpanId).toBe(route?.spanId);

      const [upstream] = site.mock.calls();
      expect(upstream?.headers["traceparent"]).toBe(`00-${callersTrace}-${call?.spanId}-01`);
      const requestId = answer.headers.get("x-request-id");
      for (const span of [request, route, call])
        expect(span?.attributes).toMatchObject({ "tokenhub.request_id": requestId });
      expect(request?.attributes).toMatchObject({
        "http.response.status_code": 200,
        "url.path": "/v1/chat/completions",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.request.stream": stream,
        "tokenhub.attempts": 1,
      });
      expect(call?.attributes).toMatchObject({
        "gen_ai.provider.name": "openai-compatible",
        "gen_ai.request.model": "up-gpt",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.output_tokens": expect.any(Number),
        "tokenhub.attempts": 1,
      });
      expect([request, route, call].map((span) => span?.resource["service.name"])).toEqual([
        "tokenhub-gateway",
        "tokenhub-router-worker",
        "tokenhub-provider-worker",
      ]);
    },
  );

  it("a request without a context begins a trace, and the log line names it", async () => {
    const { site, collector } = await setUp();
    await (await site.post("/v1/messages", askFor("claude-test", { max_tokens: 9 }))).text();
    const line = await until("the log line", () =>
      site.logLines.find((text) => text.includes("request finished")),
    );
    const { traceId } = JSON.parse(line) as { traceId: string };
    const spans = await traceOf(collector, traceId, 3);
    expect(only(spans, "tokenhub.request").parentSpanId ?? "").toBe("");
  });

  it("a failover stays in the trace: the second routing hangs below the failed call", async () => {
    const { site, collector } = await setUp();
    site.mock.plan("up-gpt", { steps: [{ kind: "status", status: 401, repeat: true }] });
    const answer = await site.post("/v1/chat/completions", askFor("gpt-test"), {
      traceparent: callersTraceparent,
      "x-tokenhub-allow-fallback": "true",
    });
    expect(answer.status).toBe(200);
    await answer.text();
    const spans = await traceOf(collector, callersTrace, 5);
    const calls = spans.filter(({ name }) => name === "tokenhub.call");
    const failed = calls.find(({ attributes }) => attributes["error.type"] === "auth");
    const answered = calls.find((call) => call !== failed);
    expect(failed).toMatchObject({ status: { code: 2 }, attributes: { "http.response.status_code": 401 } });
    const second = spans.find(
      ({ name, attributes }) => name === "tokenhub.route" && attributes["tokenhub.round"] === 1,
    );
    expect(second?.parentSpanId).toBe(failed?.spanId);
    expect(answered?.parentSpanId).toBe(second?.spanId);
    expect(only(spans, "tokenhub.request").attributes["tokenhub.attempts"]).toBe(2);
  });

  it("a refused request is a span of its own, with its status", async () => {
    const { site, collector } = await setUp();
    await site.post("/v1/chat/completions?key=hunter2", {}, { traceparent: callersTraceparent });
    const [span] = await traceOf(collector, callersTrace, 1);
    expect(span?.attributes).toMatchObject({
      "http.response.status_code": 400,
      "url.path": "/v1/chat/completions",
    });
    expect(collector.bodies.join("")).not.toContain("hunter2");
  });
});

describe("what leaves the machine", () => {
  it("S3-89: no prompt, answer, key or header is in what the collector gets, and nothing about the machine", async () => {
    const { site, collector } = await setUp();
    site.mock.plan("up-gpt", { text: "the answer nobody may read" });
    for (const stream of [false, true])
      await (await site.post("/v1/chat/completions", askFor("gpt-test", { stream }))).text();
    await (
      await site.post("/v1/chat/completions", askFor("gpt-test"), { authorization: "Bearer wrong-key-1234" })
    ).text();
    await until(
      "the spans",
      () => collector.spans.filter(({ name }) => name === "tokenhub.request").length === 3,
    );
    await until(
      "the calls",
      () => collector.spans.filter(({ name }) => name === "tokenhub.call").length === 2,
    );
    const sent = collector.bodies.join("\n");
    for (const secret of [
      "launch code",
      "nobody may read",
      testApiKey,
      upstreamKey,
      "wrong-key-1234",
      "Bearer",
    ])
      expect(sent).not.toContain(secret);
    for (const { resource } of collector.spans)
      expect(Object.keys(resource).filter((name) => /^(?:host|process|os)\./.test(name))).toEqual([]);
    expect(new Set(collector.paths)).toEqual(new Set(["/v1/traces"]));
  });

  it("a trace that its caller does not keep is passed on and not sent", async () => {
    const { site, collector } = await setUp();
    await (
      await site.post("/v1/chat/completions", askFor("gpt-test"), {
        traceparent: callersTraceparent.replace(/01$/, "00"),
      })
    ).text();
    expect(site.mock.calls()[0]?.headers["traceparent"]).toMatch(
      new RegExp(`^00-${callersTrace}-[0-9a-f]{16}-00$`),
    );
    await (await site.post("/v1/chat/completions", askFor("gpt-test"))).text();
    await until("the other trace", () => collector.spans.some(({ name }) => name === "tokenhub.call"));
    expect(collector.spans.filter((span) => span.traceId === callersTrace)).toEqual([]);
  });

  it("without tracing nothing is added to a provider's request", async () => {
    const site = await startObservedSite({ redisUrl: inject("redisUrl") });
    onTestFinished(() => site[Symbol.asyncDispose]());
    await (
      await site.post("/v1/chat/completions", askFor("gpt-test"), { traceparent: callersTraceparent })
    ).text();
    expect(site.mock.calls()[0]?.headers).not.toHaveProperty("traceparent");
  });
});

describe("a collector that is no help", () => {
  async function refusingPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  async function expectUnharmed(endpoint: string): Promise<ObservedSite> {
    const site = await startObservedSite({
      redisUrl: inject("redisUrl"),
      env: { TOKENHUB_OTEL_ENABLED: "true", TOKENHUB_OTEL_ENDPOINT: endpoint },
    });
    const askedAtMs = performance.now();
    for (let index = 0; index < 20; index += 1)
      expect((await site.post("/v1/chat/completions", askFor("gpt-test"))).status).toBe(200);
    // Not one of them may have waited for a collector, whose shortest time-out is longer than this.
    expect(performance.now() - askedAtMs).toBeLessThan(5_000);
    const startedAtMs = performance.now();
    await site[Symbol.asyncDispose]();
    // Three services stop one after the other, each with at most two seconds for its traces.
    expect(performance.now() - startedAtMs).toBeLessThan(12_000);
    return site;
  }

  it("S3-89: a dead collector fails no request, and the stop waits two seconds at most", async () => {
    await expectUnharmed(`127.0.0.1:${await refusingPort()}`);
  });

  it("S3-89: a collector that never answers fails no request, and the stop waits two seconds at most", async () => {
    const collector = await startCollector({ answerStatus: 0 });
    onTestFinished(() => collector[Symbol.asyncDispose]());
    await expectUnharmed(collector.url);
  });

  it("a collector that refuses is told in the log once, not for every batch", async () => {
    const collector = await startCollector({ answerStatus: 400 });
    onTestFinished(() => collector[Symbol.asyncDispose]());
    const site = await expectUnharmed(collector.url);
    const lines = site.logLines.filter((line) => line.includes("spans could not be sent"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(3);
  });
});

it("S3-89: what is left is sent when the services stop", async () => {
  const { site, collector } = await setUp();
  await (await site.post("/v1/chat/completions", askFor("gpt-test"))).text();
  await site[Symbol.asyncDispose]();
  expect(collector.spans.map(({ name }) => name).toSorted()).toEqual([
    "tokenhub.call",
    "tokenhub.request",
    "tokenhub.route",
  ]);
});
