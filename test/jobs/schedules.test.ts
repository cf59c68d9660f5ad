import { openDatabase } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditRowsOf } from "../admin/audit-rows.ts";
import { openJobAdmin, type JobAdmin } from "./job-admin.ts";
import { chatOf } from "./job-client.ts";

let site: JobAdmin;
beforeAll(async () => {
  site = await openJobAdmin();
});
afterAll(() => site[Symbol.asyncDispose]());

const template = {
  endpoint: "/v1/chat/completions",
  body: chatOf("gpt-test", "a secret question"),
  tags: ["nightly"],
};
const yearly = { name: "yearly", cron: "0 6 1 1 *", time_zone: "Europe/Berlin", template };
const create = (more: Record<string, unknown> = {}) =>
  site.admin("POST", "/schedules", { body: { ...yearly, ...more } });

async function created(more: Record<string, unknown> = {}) {
  const { status, json, text } = await create(more);
  if (status !== 201) throw new Error(text);
  return json;
}

/** As if the schedule's time had come. */
async function makeDue(id: string): Promise<void> {
  const path = join(site.network.dataDirectory, "tokenhub.db");
  await using database = await openDatabase({ kind: "sqlite", path });
  await database.db
    .updateTable("job_schedules")
    .set({ next_at_ms: Date.now() - 1_000 })
    .where("id", "=", id)
    .execute();
}

const dealtWith = (id: string) =>
  until(`${id} to be dealt with`, async () => {
    const { json } = await site.admin("GET", `/schedules/${id}`);
    return json.last_at === null ? null : json;
  });

describe("a schedule", () => {
  it("is created, read, listed, changed and deleted, each with an audit row, by who has seen its version", async () => {
    const made = await create({ deadline_seconds: 600 });
    expect(made).toMatchObject({
      status: 201,
      etag: '"v1"',
      json: {
        object: "schedule",
        tenant_id: "default",
        key_id: null,
        enabled: true,
        deadline_seconds: 600,
        template: { ...template, priority: 5, webhook: null },
        last_job_id: null,
      },
    });
    const { id } = made.json;
    expect(made.headers.get("location")).toBe(`/admin/v1/schedules/${id}`);
    const { json: shown } = await site.admin("GET", `/schedules/${id}`);
    expect(shown.next_times).toHaveLength(5);
    expect(shown.next_times[0]).toBe(shown.next_at);
    expect(shown.next_at).toMatch(/-01-01T05:00:00.000Z$/);
    const { json: list } = await site.admin("GET", "/schedules?q=yearly&tenant_id=default&enabled=true");
    expect(list.items.map((item: { id: string }) => item.id)).toContain(id);

    const stale = { headers: { "if-match": '"v9"' }, body: { name: "other" } };
    expect(await site.admin("PATCH", `/schedules/${id}`, stale)).toMatchObject({ status: 412 });
    const changed = await site.admin("PATCH", `/schedules/${id}`, {
      headers: { "if-match": '"v1"' },
      body: { cron: "0 7 1 1 *", deadline_seconds: null },
    });
    expect(changed).toMatchObject({
      status: 200,
      etag: '"v2"',
      json: { deadline_seconds: null, name: "yearly" },
    });
    expect(changed.json.next_at).toMatch(/-01-01T06:00:00.000Z$/);
    const off = await site.admin("POST", `/schedules/${id}/disable`);
    expect(off.json).toMatchObject({ enabled: false, next_at: null, version: 3 });
    const on = await site.admin("POST", `/schedules/${id}/enable`);
    expect(on.json).toMatchObject({ enabled: true, next_at: changed.json.next_at, version: 4 });
    expect(await site.admin("DELETE", `/schedules/${id}`)).toMatchObject({ status: 200 });
    expect(await site.admin("GET", `/schedules/${id}`)).toMatchObject({ status: 404 });
    const rows = await auditRowsOf(site.network.dataDirectory, id);
    expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "schedule.create ok",
      "schedule.update failed",
      "schedule.update ok",
      "schedule.disable ok",
      "schedule.enable ok",
      "schedule.delete ok",
    ]);
  });

  it("makes a job of an occurrence that has come, once, and waits for the next", async () => {
    const { id, next_at } = await created({ id: "due-one" });
    await makeDue(id);
    const after = await dealtWith(id);
    expect(after).toMatchObject({ next_at, last_problem: null, version: 1 });
    const { json: job } = await site.ask(`/v1/jobs/${after.last_job_id}?wait=20`);
    expect(job).toMatchObject({ status: "succeeded", origin: "schedule", tags: ["nightly"] });
    const { json: list } = await site.admin("GET", "/jobs?origin=schedule");
    expect(list.items.filter((item: { schedule_id: string }) => item.schedule_id === id)).toHaveLength(1);
    const metrics = await (await fetch(`${site.network.url}/metrics`)).text();
    expect(metrics).toMatch(/^tokenhub_schedule_occurrences_total\{.*outcome="made".*\} [1-9]/m);
  });

  it("makes a job when asked to, also while disabled, and a job of its own each time", async () => {
    const { id } = await created({ enabled: false });
    const ids = new Set<string>();
    for (let time = 0; time < 2; time += 1) {
      const { status, json } = await site.admin("POST", `/schedules/${id}/run`);
      expect([status, json.ok]).toEqual([202, true]);
      ids.add(json.job_id);
    }
    expect(ids.size).toBe(2);
    for (const jobId of ids)
      expect((await site.ask(`/v1/jobs/${jobId}?wait=20`)).json).toMatchObject({ status: "succeeded" });
    expect((await site.admin("GET", `/schedules/${id}`)).json).toMatchObject({
      next_at: null,
      last_at: null,
    });
  });

  it("runs as its key, within the key's models, scopes and budget; a refusal is shown and asks for nothing", async () => {
    const body = { name: "nightly", allowed_models: ["gpt-test"], scopes: ["chat"], monthly_budget_usd: 5 };
    const { json: key } = await site.admin("POST", "/apikeys", { body });
    const refused = await create({ key_id: key.id, template: { ...template, body: chatOf("claude-test") } });
    expect(refused).toMatchObject({ status: 403, json: { error: { code: "model_not_allowed" } } });
    const embedding = { endpoint: "/v1/embeddings", body: { model: "embed-test", input: "x" } };
    expect(await create({ key_id: key.id, template: embedding })).toMatchObject({
      status: 403,
      json: { error: { code: "insufficient_scope" } },
    });
    const { id } = await created({ key_id: key.id });
    const { json: run } = await site.admin("POST", `/schedules/${id}/run`);
    expect((await site.admin("GET", `/jobs/${run.job_id}`)).json).toMatchObject({ api_key_id: key.id });
    await site.admin("PATCH", `/apikeys/${key.id}`, { body: { enabled: false } });
    expect(await site.admin("POST", `/schedules/${id}/run`)).toMatchObject({
      status: 401,
      json: { error: { code: "api_key_disabled" } },
    });
    await makeDue(id);
    expect(await dealtWith(id)).toMatchObject({
      last_job_id: null,
      last_problem: expect.stringContaining("api_key_disabled") as string,
    });
  });

  it("keeps the secret of its webhook to itself, and what is asked from viewers", async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const webhook = { url: "https://hooks.example.com/x", secret, events: ["job.failed"] };
    const { id, template: shown } = await created({ template: { ...template, webhook } });
    expect(shown.webhook).toEqual({ url: webhook.url, events: ["job.failed"], has_secret: true });
    const viewed = await site.admin("GET", `/schedules/${id}`, { bearer: await site.tokenOf("viewer") });
    expect(viewed.json.template).toMatchObject({ body: null, webhook: { url: null, has_secret: true } });
    expect(viewed.text).not.toContain("secret question");
    const rows = await auditRowsOf(site.network.dataDirectory, id);
    expect(JSON.stringify(rows)).not.toMatch(/whsec_|secret question/);
  });

  it("is for operators to change, and for viewers to look at", async () => {
    const { id } = await created();
    const bearer = await site.tokenOf("viewer");
    for (const [method, path] of [
      ["POST", "/schedules"],
      ["PATCH", `/schedules/${id}`],
      ["DELETE", `/schedules/${id}`],
      ["POST", `/schedules/${id}/run`],
      ["POST", `/schedules/${id}/enable`],
    ] as const)
      expect(await site.admin(method, path, { bearer, body: {} })).toMatchObject({ status: 403 });
    const preview = { cron: "0 9 * * 1", time_zone: "America/New_York", count: 2 };
    const { status, json } = await site.admin("POST", "/schedules/preview", { bearer, body: preview });
    expect([status, json.next_times.length]).toEqual([200, 2]);
  });

  it.each([
    [{ cron: "0 25 * * *" }, 400, "cron"],
    [{ cron: "0 0 30 2 *" }, 400, "cron"],
    [{ cron: "* * * * * *" }, 400, "cron"],
    [{ time_zone: "Mars/Olympus" }, 400, "time_zone"],
    [{ tenant_id: "nobody" }, 400, "tenant_id"],
    [{ key_id: "key_none" }, 400, "key_id"],
    [{ project_id: "prj_none" }, 400, "project_id"],
    [{ deadline_seconds: 0 }, 400, "deadline_seconds"],
    [{ template: { endpoint: "/v1/nothing", body: {} } }, 400, "template.endpoint"],
    [{ template: { ...template, deadline: 1_900_000_000 } }, 400, "template.deadline"],
    [{ template: { ...template, not_before: 1_900_000_000 } }, 400, "template.not_before"],
    [{ template: { ...template, webhook: "http://10.0.0.1/x" } }, 400, "template.webhook"],
    [{ template: { ...template, body: chatOf("no-such-model") } }, 404, "template.body.model"],
    [{ template: { ...template, body: { model: "gpt-test", messages: 1 } } }, 400, "template.body.messages"],
  ])("with %j is refused with %i, naming %s, and is not there", async (more, status, param) => {
    const refused = await create({ ...more, id: "refused-one" });
    expect(refused).toMatchObject({ status, json: { error: { param } } });
    expect(await site.admin("GET", "/schedules/refused-one")).toMatchObject({ status: 404 });
  });
});
