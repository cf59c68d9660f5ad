import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startJobSite, type JobSite } from "./job-site.ts";

let site: JobSite;
beforeAll(async () => {
  site = await startJobSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

describe("a job that cannot be accepted is refused by name, and nothing is kept of it:", () => {
  it.each<[string, () => Record<string, unknown>, string, number?]>([
    ["no endpoint", () => ({ endpoint: undefined }), "endpoint"],
    ["an endpoint that makes nothing", () => ({ endpoint: "/v1/models" }), "endpoint"],
    ["no body", () => ({ body: undefined }), "body"],
    ["a body that its endpoint does not take", () => ({ body: { model: "gpt-test" } }), "messages"],
    [
      "a model that is not there",
      () => ({ body: { model: "nope", messages: [{ role: "user", content: "x" }] } }),
      "model",
      404,
    ],
    ["a misspelt wish", () => ({ dead_line: 1 }), "dead_line"],
    ["a priority of ten", () => ({ priority: 10 }), "priority"],
    ["a deadline that is over", () => ({ deadline: inSeconds(-5) }), "deadline"],
    [
      "a deadline before its time",
      () => ({ deadline: inSeconds(10), not_before: inSeconds(20) }),
      "deadline",
    ],
    ["a deadline in a year", () => ({ deadline: inSeconds(31_000_000) }), "deadline"],
    ["a time of no calendar", () => ({ not_before: "tomorrow" }), "not_before"],
    ["metadata that is no text", () => ({ metadata: { a: 1 } }), "metadata"],
    ["seventeen tags", () => ({ tags: Array.from({ length: 17 }, String) }), "tags"],
    ["a webhook at a private address", () => ({ webhook: "https://10.0.0.1/x" }), "webhook"],
    ["a webhook that is no URL", () => ({ webhook: "not a url" }), "webhook"],
  ])("%s", async (_what, change, param, status = 400) => {
    const refused = await site.ask("/v1/jobs", {
      body: { endpoint: "/v1/chat/completions", body: site.chat(), ...change() },
    });
    expect([refused.status, refused.json["error"]]).toMatchObject([
      status,
      { code: expect.any(String) as string },
    ]);
    expect(JSON.stringify(refused.json)).toContain(param);
    expect((await site.ask("/v1/jobs")).json["data"]).toEqual([]);
  });

  it("a wait that is no number, in the header and in the query", async () => {
    const header = await site.ask("/v1/chat/completions", {
      body: site.chat(),
      headers: { prefer: "respond-async, wait=soon" },
    });
    expect([header.status, header.json["error"]]).toMatchObject([400, { param: "Prefer" }]);
    const query = await site.ask("/v1/jobs/job_0123456789abcdef?wait=1000");
    expect([query.status, query.json["error"]]).toMatchObject([400, { param: "wait" }]);
  });
});

describe("an id", () => {
  it.each(["job_0123456789abcdef0123456789abcdef", "nonsense", "job_x'; drop table jobs"])(
    "of no job is not found, whatever is done with it: %s",
    async (id) => {
      const path = `/v1/jobs/${encodeURIComponent(id)}`;
      const answers = [
        await site.ask(path),
        await site.ask(`${path}/events`),
        await site.ask(`${path}/cancel`, { method: "POST" }),
        await site.ask(path, { method: "DELETE" }),
      ];
      for (const { status, json } of answers)
        expect([status, json["error"]]).toMatchObject([404, { code: "not_found" }]);
    },
  );

  it("that is no job of the caller's is no place in a list", async () => {
    const refused = await site.ask("/v1/jobs?after=job_0123456789abcdef");
    expect([refused.status, refused.json["error"]]).toMatchObject([400, { param: "after" }]);
  });
});
