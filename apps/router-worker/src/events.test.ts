import type { RouteJob, RoutingDecision } from "@tokenhub/contracts";
import { createLogger, createMetrics } from "@tokenhub/telemetry";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createRouterEvents } from "./events.ts";

function setUp() {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const metrics = createMetrics({ service: "router-worker" });
  const events = createRouterEvents({
    logger: createLogger({ service: "router-worker", level: "debug", destination }),
    metrics,
    tracing: { current: () => null },
  });
  return { events, lines, text: () => metrics.registry.metrics() };
}

const failed = { modelId: "small", providerId: "p", failureClass: "context_overflow" };
const jobOf = (round: number): RouteJob =>
  ({
    requestId: "req_0123456789abcdef",
    round,
    excluded: round === 0 ? [] : [failed],
    features: { policy: { strategy: "objective" } },
  }) as unknown as RouteJob;
const considered = [
  { modelId: "a", providerId: "q", skipReason: "context_too_small" },
  { modelId: "b", providerId: "q", skipReason: "context_too_small" },
  { modelId: "c", providerId: "q", skipReason: "not_named" },
  { modelId: "large", providerId: "r", skipReason: null },
];
const decision = {
  chosen: { modelId: "large", providerId: "r" },
  strategy: "objective",
  reason: "fallback after context_overflow",
  considered,
} as unknown as RoutingDecision;
const refusal = {
  kind: "refused",
  failure: { code: "context_length_exceeded" },
  considered,
  skippedByReason: { context_too_small: 2 },
} as unknown as Parameters<ReturnType<typeof setUp>["events"]["refused"]>[1];

test("S3-25, S4-49: every escalation is a log line that says from which model to which, and why", async () => {
  const { events, lines, text } = setUp();
  events.decided(jobOf(0), decision, 1);
  events.decided(jobOf(1), decision, 1);
  expect(lines.map(({ level }) => level)).toEqual(["debug", "info"]);
  expect(lines[1]).toMatchObject({
    msg: "request escalated to another model",
    requestId: "req_0123456789abcdef",
    round: 1,
    fromModelId: "small",
    fromProviderId: "p",
    failureClass: "context_overflow",
    modelId: "large",
    providerId: "r",
  });
  expect(await text()).toContain(
    'tokenhub_routing_escalations_total{reason="context_overflow",outcome="escalated",service="router-worker"} 1',
  );
});

test("S3-25, S4-49: an escalation that finds no larger model is a log line too, with the reasons", async () => {
  const { events, lines, text } = setUp();
  events.refused(jobOf(1), refusal);
  expect(lines).toMatchObject([
    {
      level: "warn",
      msg: "no model can take the request",
      code: "context_length_exceeded",
      fromModelId: "small",
      failureClass: "context_overflow",
      skippedByReason: { context_too_small: 2 },
    },
  ]);
  expect(await text()).toContain('reason="context_overflow",outcome="exhausted",service="router-worker"} 1');
});

test("candidates passed over are counted by provider and reason; not being named is no reason", async () => {
  const { events, text } = setUp();
  events.decided(jobOf(0), decision, 1);
  events.refused(jobOf(0), refusal);
  const lines = (await text()).split("\n").filter((line) => line.startsWith("tokenhub_routing_skips_total{"));
  expect(lines).toEqual([
    'tokenhub_routing_skips_total{provider="q",reason="context_too_small",service="router-worker"} 4',
  ]);
});
