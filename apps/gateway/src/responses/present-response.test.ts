import { describe, expect, it } from "vitest";
import { endedResponseOf, runningResponseOf, type EndedJob } from "./present-response.ts";

const createdAtMs = 1_795_000_000_999;
const draftJson = JSON.stringify({ id: "resp_1", created_at: 1, status: "queued", output: [], error: null });
const nothing: EndedJob = { state: "succeeded", answer: null, errorCode: null, errorMessage: null };
const answerOf = (body: string, type = "application/json", statusCode = 200): EndedJob["answer"] => ({
  statusCode,
  headers: { "content-type": `${type}; charset=utf-8` },
  body,
});
const ended = (job: Partial<EndedJob>) => endedResponseOf({ draftJson, createdAtMs }, { ...nothing, ...job });

describe("a response in the background", () => {
  it("is queued until it begins, and in progress from then on, between two attempts, too", () => {
    expect(runningResponseOf(draftJson, { createdAtMs })).toMatchObject({ id: "resp_1", status: "queued" });
    expect(runningResponseOf(draftJson, { createdAtMs, startedAtMs: null })).toMatchObject({
      status: "queued",
    });
    expect(runningResponseOf(draftJson, { createdAtMs, startedAtMs: 5 })).toMatchObject({
      status: "in_progress",
      created_at: 1_795_000_000,
    });
  });

  it("becomes what it was answered with, or what is in the last event of its stream", () => {
    expect(ended({ answer: answerOf('{"status":"completed","x":1}') })).toEqual({
      status: "completed",
      x: 1,
    });
    const stream = 'event: response.incomplete\ndata: {"type":"response.incomplete","response":{"y":2}}\n\n';
    expect(ended({ answer: answerOf(stream, "text/event-stream") })).toEqual({ y: 2 });
  });

  it("says in the vendor's words why there is no answer", () => {
    const errors = [
      ["provider_rate_limited", "rate_limit_exceeded"],
      ["provider_bad_request", "invalid_prompt"],
      ["provider_unavailable", "server_error"],
      [null, "server_error"],
    ] as const;
    for (const [errorCode, code] of errors) {
      const answer = answerOf('{"error":{}}', "application/json", 500);
      const failed = ended({ state: "failed", answer, errorCode, errorMessage: "Why." });
      expect(failed).toMatchObject({
        id: "resp_1",
        created_at: 1_795_000_000,
        status: "failed",
        error: { code, message: "Why." },
        output: [],
      });
    }
    expect(ended({ state: "expired", errorMessage: "Late." })).toMatchObject({
      status: "failed",
      error: { code: "server_error", message: "Late." },
    });
    expect(ended({ answer: answerOf("no JSON") })).toMatchObject({
      status: "failed",
      error: { code: "server_error" },
    });
  });

  it("that was cancelled keeps what it had written, and has no error", () => {
    expect(ended({ state: "cancelled" })).toMatchObject({ status: "cancelled", error: null, output: [] });
    const stream =
      'event: response.failed\ndata: {"type":"response.failed","response":{"status":"failed","error":{},"output":[1]}}\n\n';
    expect(ended({ state: "cancelled", answer: answerOf(stream, "text/event-stream") })).toMatchObject({
      status: "cancelled",
      error: null,
      output: [1],
    });
  });
});
