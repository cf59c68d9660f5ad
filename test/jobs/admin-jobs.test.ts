import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditRowsOf } from "../admin/audit-rows.ts";
import { openJobAdmin, type JobAdmin } from "./job-admin.ts";
import { chatOf, submit } from "./job-client.ts";

let site: JobAdmin;
beforeAll(async () => {
  site = await openJobAdmin();
});
afterAll(() => site[Symbol.asyncDispose]());

const laterSeconds = () => Math.floor(Date.now() / 1_000) + 3_600;

describe("GET /admin/v1/jobs", () => {
  it("lists jobs by what they are filtered by, newest first, without any text", async () => {
    const job = chatOf("gpt-test", "a secret question");
    const first = await submit(site.ask, job, { tags: ["listed"] });
    const second = await submit(site.ask, job, { tags: ["listed"], not_before: laterSeconds() });
    const third = await submit(site.ask, job, { tags: ["listed", "odd"] });
    for (const { id } of [first, third]) await site.ask(`/v1/jobs/${id}?wait=20`);
    const list = async (query: string) => {
      const { json, text } = await site.admin("GET", `/jobs?${query}`);
      expect(text).not.toContain("secret question");
      return json;
    };
    const idsOf = async (query: string) => (await list(query)).items.map(({ id }: { id: string }) => id);
    expect(await idsOf("tag=listed")).toEqual([third.id, second.id, first.id]);
    expect(await idsOf("tag=listed&direction=asc")).toEqual([first.id, second.id, third.id]);
    expect(await idsOf("tag=odd&tenant=default")).toEqual([third.id]);
    expect(await idsOf("tag=listed&tenant_id=other")).toEqual([]);
    expect(await idsOf("tag=listed&state=scheduled")).toEqual([second.id]);
    expect(await idsOf("tag=listed&status=succeeded")).toEqual([third.id, first.id]);
    expect(await idsOf("tag=listed&endpoint=/v1/messages")).toEqual([]);
    expect(await idsOf("tag=listed&origin=batch")).toEqual([]);
    expect(await idsOf("tag=listed&class=none&origin=jobs_api")).toHaveLength(3);
    expect(await idsOf("tag=listed&until=2001-01-01T00:00:00Z")).toEqual([]);
    const page = await list("tag=listed&limit=2");
    expect(page.next).toBe(second.id);
    expect(await list(`tag=listed&limit=2&after=${page.next}`)).toMatchObject({
      items: [
        { id: first.id, state: "succeeded", tenant_id: "default", cost_usd: expect.any(Number) as number },
      ],
      next: null,
    });
  });

  it.each([
    ["after=job_00000000000000000000", "after"],
    ["state=gone", "state"],
    ["endpoint=/v1/nothing", "endpoint"],
    ["since=2027-01-02T00:00:00Z&until=2027-01-01T00:00:00Z", "from"],
  ])("refuses ?%s, naming %s", async (query, param) => {
    expect(await site.admin("GET", `/jobs?${query}`)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param } },
    });
  });
});

describe("GET /admin/v1/jobs/{id}", () => {
  it("shows request, answer and every attempt with its decision; a viewer sees no texts", async () => {
    site.network.mock.plan("up-gpt", { text: "the secret answer" });
    const { id } = await submit(site.ask, chatOf("gpt-test", "a secret question"));
    await site.ask(`/v1/jobs/${id}?wait=20`);
    const shown = await until("the attempt to be recorded", async () => {
      const { json } = await site.admin("GET", `/jobs/${id}`);
      return json.log.length > 0 ? json : null;
    });
    expect(shown).toMatchObject({
      id,
      state: "succeeded",
      attempts: 1,
      shows_texts: true,
      request: { body: { model: "gpt-test", messages: [{ content: "a secret question" }] } },
      answer: { status_code: 200, body: { choices: [{ message: { content: "the secret answer" } }] } },
      log: [{ attempt: 1, model_id: "gpt-test", decision: { chosen: { model_id: "gpt-test" } } }],
    });
    const viewed = await site.admin("GET", `/jobs/${id}`, { bearer: await site.tokenOf("viewer") });
    expect(viewed.status).toBe(200);
    expect(viewed.text).not.toContain("secret");
    expect(viewed.json).toEqual({ ...shown, shows_texts: false, request: null, answer: null });
  });

  it("answers 404 for a job that does not exist, whatever the question", async () => {
    for (const [method, path] of [
      ["GET", "/jobs/job_00000000000000000000"],
      ["GET", "/jobs/x"],
      ["POST", "/jobs/job_00000000000000000000/cancel"],
    ] as const)
      expect(await site.admin(method, path)).toMatchObject({
        status: 404,
        json: { error: { code: "not_found" } },
      });
  });
});

describe("POST /admin/v1/jobs/{id}/cancel", () => {
  it("ends a job that waits, may be repeated, leaves an audit row, and is not for viewers", async () => {
    const { id } = await submit(site.ask, chatOf("gpt-test"), { not_before: laterSeconds() });
    const bearer = await site.tokenOf("viewer");
    expect(await site.admin("POST", `/jobs/${id}/cancel`, { bearer })).toMatchObject({
      status: 403,
      json: { error: { code: "admin_forbidden" } },
    });
    const cancelled = { status: 200, json: { id, state: "cancelled", is_cancelling: false } };
    expect(await site.admin("POST", `/jobs/${id}/cancel`)).toMatchObject(cancelled);
    expect(await site.admin("POST", `/jobs/${id}/cancel`)).toMatchObject(cancelled);
    expect((await site.ask(`/v1/jobs/${id}`)).json["status"]).toBe("cancelled");
    const rows = await auditRowsOf(site.network.dataDirectory, id);
    expect(rows.filter(({ action, outcome }) => action === "job.cancel" && outcome === "ok")).toHaveLength(2);
  });

  it("is refused for a job that has succeeded", async () => {
    const { id } = await submit(site.ask, chatOf("gpt-test"));
    await site.ask(`/v1/jobs/${id}?wait=20`);
    expect(await site.admin("POST", `/jobs/${id}/cancel`)).toMatchObject({
      status: 409,
      json: { error: { code: "conflict" } },
    });
  });
});

describe("GET /admin/v1/jobs/overview", () => {
  it("shows what waits and runs by group, with the pace, as the metrics do by lane", async () => {
    site.network.mock.plan("up-spare", { latencyMs: 60_000 });
    const { id } = await submit(site.ask, chatOf("spare-test"));
    const overview = await until("the job to run", async () => {
      const { json } = await site.admin("GET", "/jobs/overview");
      return json.running > 0 ? json : null;
    });
    expect(overview.groups).toContainEqual({
      group: "default|background|spare-test",
      tenant_id: "default",
      lane: "background",
      requested_model: "spare-test",
      queued: 0,
      running: 1,
      oldest_queued_at: null,
      oldest_wait_ms: null,
      finished_per_second: 0,
      drained_in_ms: null,
    });
    const metrics = await (await fetch(`${site.network.url}/metrics`)).text();
    expect(metrics).toMatch(/^tokenhub_jobs\{.*lane="background".*state="running".*\} 1$/m);
    expect(metrics).toMatch(
      /^tokenhub_jobs_accepted_total\{.*lane="background",origin="jobs_api".*\} [1-9]/m,
    );
    expect(metrics).toMatch(/^tokenhub_jobs_ended_total\{.*state="succeeded".*\} [1-9]/m);
    expect(metrics).toMatch(/^tokenhub_job_end_seconds_count\{.*lane="background".*\} [1-9]/m);
    const cancelled = await site.admin("POST", `/jobs/${id}/cancel`);
    expect([200, 202]).toContain(cancelled.status);
    await until("the running job to be cancelled", async () => {
      const { json } = await site.admin("GET", `/jobs/${id}`);
      return json.state === "cancelled" || null;
    });
  });
});
