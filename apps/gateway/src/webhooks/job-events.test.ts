import type { JobEnding, StoredJob } from "@tokenhub/persistence";
import { describe, expect, it } from "vitest";
import { eventsOfBatchEnd } from "./batch-events.ts";
import { eventsOfJobEnd } from "./job-events.ts";

const digits = "0123456789abcdef0123456789abcdef";

function typesOf(
  job: Partial<Pick<StoredJob, "origin" | "isStream">>,
  ending: Partial<JobEnding>,
): readonly string[] {
  return eventsOf(job, ending).map(({ type }) => type);
}

function eventsOf(job: Partial<StoredJob>, ending: Partial<JobEnding>) {
  return eventsOfJobEnd(
    {
      id: `job_${digits}`,
      requestId: `req_${digits}`,
      tenantId: "tenant-a",
      projectId: "prj_1",
      origin: "jobs_api",
      endpoint: "/v1/chat/completions",
      isStream: false,
      ...job,
    },
    {
      state: "succeeded",
      finishedAtMs: 1_795_000_000_000,
      answer: null,
      errorCode: null,
      modelId: "gpt-4",
      costUsd: 0.5,
      ...ending,
    },
  );
}

const answerOf = (body: string) => ({ answer: { statusCode: 200, headers: {}, body } });

describe("the end of a job", () => {
  it("is one event with ids, states and no text of anybody", () => {
    const [event, ...others] = eventsOf({}, answerOf('{"secret words":1}'));
    expect(others).toEqual([]);
    expect(event).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      tenantId: "tenant-a",
      projectId: "prj_1",
      type: "job.succeeded",
      createdAtMs: 1_795_000_000_000,
      data: {
        id: `job_${digits}`,
        request_id: `req_${digits}`,
        endpoint: "/v1/chat/completions",
        state: "succeeded",
        status_code: 200,
        error_code: null,
        model: "gpt-4",
        cost_usd: 0.5,
      },
    });
    expect(eventsOf({}, answerOf("{}"))[0]?.id).toBe(event?.id);
  });

  it.each(["succeeded", "failed", "cancelled", "expired"] as const)("is told as job.%s", (state) => {
    expect(typesOf({ origin: "prefer" }, { state })).toEqual([`job.${state}`]);
  });

  it.each(["batch", "idempotency"] as const)("of the origin %s is not told", (origin) => {
    expect(typesOf({ origin }, {})).toEqual([]);
  });

  it.each([
    ["succeeded", '{"status":"completed"}', "completed"],
    ["succeeded", '{"status":"incomplete"}', "incomplete"],
    ["succeeded", '{"status":"failed"}', "failed"],
    ["succeeded", "not JSON", "completed"],
    ["failed", '{"error":{}}', "failed"],
    ["cancelled", "", "cancelled"],
    ["expired", "", "failed"],
  ] as const)("of a response, %s with %s, is also response.%s, of its own id", (state, body, told) => {
    const [, event] = eventsOf({ origin: "response" }, { state, ...answerOf(body) });
    expect(event).toMatchObject({ type: `response.${told}`, data: { id: `resp_${digits}` } });
  });

  it("of a streamed response is read from how its stream ended, not from what the model said", () => {
    const said = String.raw`data: {"delta":"\nevent: response.failed\n"}`;
    const body = `event: response.created\ndata: {}\n\n${said}\n\nevent: response.incomplete\ndata: {}\n\n`;
    expect(typesOf({ origin: "response", isStream: true }, answerOf(body))).toEqual([
      "job.succeeded",
      "response.incomplete",
    ]);
  });
});

it("the end of a batch is one event of its id", () => {
  const batch = { id: "batch_1", tenantId: "t", projectId: null, finishedAtMs: 5 } as const;
  const counts = { total: 3, completed: 2, failed: 1 };
  expect(eventsOfBatchEnd({ ...batch, state: "expired", counts })).toMatchObject([
    { type: "batch.expired", data: { id: "batch_1", request_counts: counts } },
  ]);
  expect(eventsOfBatchEnd({ ...batch, state: "completed" })).toMatchObject([{ data: { id: "batch_1" } }]);
});
