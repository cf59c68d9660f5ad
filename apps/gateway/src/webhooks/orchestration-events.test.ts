import { buildFact, buildRunFact, runIdOf, runOutcomes } from "@tokenhub/persistence/testing";
import { expect, it } from "vitest";
import { eventsOfCall, eventsOfRun } from "./orchestration-events.ts";

it("a run is told when it ends, once for each attempt, with what it came to and no text", () => {
  expect(eventsOfRun(buildRunFact(1))).toEqual([]);
  const ended = Object.values(runOutcomes).map((outcome) =>
    eventsOfRun(buildRunFact(1, { state: { outcome, finishedAtMs: 7 } })),
  );
  expect(ended.flat().map(({ type, createdAtMs }) => [type, createdAtMs])).toEqual([
    ["orchestration.completed", 7],
    ["orchestration.failed", 7],
    ["orchestration.cancelled", 7],
  ]);
  expect(JSON.stringify(ended)).not.toMatch(/question|the final answer|a plan/);
  const retried = eventsOfRun(buildRunFact(1, { state: { attempt: 2, outcome: runOutcomes.failed } }));
  expect(retried[0]?.id).not.toBe(ended[1]?.[0]?.id);
});

it("the end of a call is told with its phase; requests of their own and cancelled calls are not", () => {
  const run = { runId: runIdOf(1), callId: "my-phase.2" };
  expect(eventsOfCall(buildFact(1))).toEqual([]);
  expect(eventsOfCall(buildFact(1, { runId: runIdOf(1) }))).toEqual([]);
  expect(eventsOfCall(buildFact(1, run))).toMatchObject([
    {
      type: "orchestration.phase.completed",
      data: { id: runIdOf(1), call_id: "my-phase.2", phase: "my-phase", status: "succeeded" },
    },
  ]);
  const fact = buildFact(1, run);
  const ended = (outcome: "failed" | "cancelled") =>
    eventsOfCall({ ...fact, result: { ...fact.result, outcome } }).map(({ type }) => type);
  expect(ended("failed")).toEqual(["orchestration.phase.failed"]);
  expect(ended("cancelled")).toEqual([]);
});
