import type { OrchestrateJob } from "@tokenhub/contracts";
import { createJobTracing, type Tracer } from "@tokenhub/telemetry";
import { expect, test } from "vitest";
import { traceRuns } from "./trace-runs.ts";

const job: OrchestrateJob = { v: 1, runId: "run_1", cause: "start", traceparent: "00-of-the-door" };

test("a look is a span below the one that its job names, and what it sends goes on from there", async () => {
  const begun: unknown[] = [];
  const tracer: Pick<Tracer, "startSpan"> = {
    startSpan(name, { parent, attributes }) {
      begun.push([name, parent, attributes]);
      return {
        traceparent: "00-of-the-look",
        set: () => undefined,
        fail: () => undefined,
        end: () => undefined,
      };
    },
  };
  const seen: OrchestrateJob[] = [];
  const tracing = createJobTracing(tracer as Tracer, { name: "tokenhub.orchestrate", kind: "consumer" });
  const handler = traceRuns(tracing, async (given) => {
    seen.push(given);
    return { kind: "done" };
  });
  expect(await handler(job, new AbortController().signal)).toEqual({ kind: "done" });
  expect(seen).toEqual([{ ...job, traceparent: "00-of-the-look" }]);
  expect(begun).toMatchObject([
    ["tokenhub.orchestrate", "00-of-the-door", { "tokenhub.request_id": "run_1" }],
  ]);
});

test("without a tracer a look is what it was", async () => {
  const tracing = createJobTracing(null, { name: "tokenhub.orchestrate", kind: "consumer" });
  const seen: OrchestrateJob[] = [];
  await traceRuns(tracing, async (given) => {
    seen.push(given);
    return { kind: "done" };
  })(job, new AbortController().signal);
  expect(seen).toEqual([job]);
});
