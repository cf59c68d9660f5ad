import { openDatabase } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditRowsOf } from "../admin/audit-rows.ts";
import { openJobAdmin, type JobAdmin } from "./job-admin.ts";
import { chatOf, submit } from "./job-client.ts";

let site: JobAdmin;
beforeAll(async () => {
  site = await openJobAdmin();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.network.mock.clearPlans();
  site.network.mock.plan("up-gpt", { steps: [{ kind: "status", status: 400, message: "no", repeat: true }] });
});

/** A job that failed for good; a key of its own if asked. */
async function deadLetter({ key, tag = "letter" }: { readonly key?: string; readonly tag?: string } = {}) {
  const ask: typeof site.ask = (path, options) =>
    site.ask(path, { ...options, ...(key === undefined ? {} : { key }) });
  const { id } = await submit(ask, chatOf("gpt-test", "a secret question", { user: "u-1" }), {
    tags: [tag],
    priority: 7,
    metadata: { order: "9" },
  });
  expect((await ask(`/v1/jobs/${id}?wait=20`)).json["status"]).toBe("failed");
  return id;
}

const stateOf = async (id: string) => (await site.admin("GET", `/dead-letters/${id}`)).json.letter;
const replaysOf = async (id: string) => {
  const { json } = await site.admin("GET", "/jobs?origin=replay&limit=1000");
  return json.items.filter((job: { replay_of: string }) => job.replay_of === id);
};
const listed = async (query: string) =>
  (await site.admin("GET", `/dead-letters?${query}`)).json.items.map(({ id }: { id: string }) => id);

describe("a dead letter", () => {
  it("is listed and counted by class, and shown with every attempt and what people did about it", async () => {
    const id = await deadLetter({ tag: "shown" });
    const { json: letter } = await site.admin("GET", `/dead-letters/${id}`);
    const errorClass = String(letter.error_class);
    expect(await listed(`tag=shown&class=${errorClass}`)).toEqual([id]);
    expect(await listed("tag=shown&class=none")).toEqual([]);
    const { json: counts } = await site.admin("GET", "/dead-letters/counts");
    const { count } = counts.by_class.find((row: { class: string }) => row.class === errorClass);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(counts).toMatchObject({ open: count, webhook_deliveries: 0 });
    const other = await site.admin("GET", "/dead-letters/counts?tenant_id=other");
    expect(other.json).toMatchObject({ open: 0, by_class: [] });

    await site.admin("POST", `/dead-letters/${id}/discard`, { body: { reason: "a test" } });
    const shown = await until("the attempt to be recorded", async () => {
      const { json } = await site.admin("GET", `/dead-letters/${id}`);
      return json.log.length > 0 ? json : null;
    });
    expect(shown).toMatchObject({
      letter: "discarded",
      state: "failed",
      request: { body: { messages: [{ content: "a secret question" }] } },
      log: [
        {
          attempt: 1,
          attempts: [{ failure: { class: errorClass } }],
          decision: { chosen: { model_id: "gpt-test" } },
        },
      ],
      replay: null,
      decisions: [{ action: "dead_letter.discard", outcome: "ok", detail: { reason: "a test" } }],
    });
    expect(await listed("tag=shown")).toEqual([]);
    expect(await listed("tag=shown&letter=discarded")).toEqual([id]);
    expect(await site.admin("POST", `/dead-letters/${id}/replay`, { body: {} })).toMatchObject({
      status: 409,
    });
    const viewed = await site.admin("GET", `/dead-letters/${id}`, { bearer: await site.tokenOf("viewer") });
    expect(viewed.json).toMatchObject({ request: null, answer: null, shows_texts: false });
    expect(viewed.text).not.toContain("secret question");
  });

  it("is sent again with another model as a new job, and nothing else of it is different", async () => {
    const id = await deadLetter();
    const replayed = await site.admin("POST", `/dead-letters/${id}/replay`, {
      body: { model: "spare-test" },
    });
    expect(replayed).toMatchObject({ status: 202, json: { ok: true, id } });
    const jobId = String(replayed.json.job_id);
    const ended = await site.ask(`/v1/jobs/${jobId}?wait=20`);
    expect(ended.json).toMatchObject({
      status: "succeeded",
      origin: "replay",
      replay_of: id,
      priority: 7,
      tags: ["letter"],
      metadata: { order: "9" },
      decision: { model: "spare-test" },
    });
    const sent = site.network.mock.calls().findLast(({ model }) => model === "up-spare");
    expect(sent?.bodyText).toContain("a secret question");
    expect(sent?.bodyText).toContain("u-1");
    expect(await site.admin("GET", `/dead-letters/${id}`)).toMatchObject({
      json: { letter: "replayed", replay: { id: jobId }, decisions: [{ action: "dead_letter.replay" }] },
    });
    const rows = await auditRowsOf(site.network.dataDirectory, id);
    expect(rows).toMatchObject([
      {
        action: "dead_letter.replay",
        outcome: "ok",
        detail: { jobId, model: "spare-test", tenantId: "default" },
      },
    ]);
  });

  it("becomes one job when two people send it again at once, also after a crash before it was marked", async () => {
    const id = await deadLetter();
    const replay = () => site.admin("POST", `/dead-letters/${id}/replay`, { body: { model: "spare-test" } });
    const statuses = (await Promise.all([replay(), replay(), replay()])).map(({ status }) => status);
    expect(statuses.toSorted((left, right) => left - right)).toEqual([202, 409, 409]);
    const [job] = await replaysOf(id);
    {
      await using database = await openDatabase({
        kind: "sqlite",
        path: join(site.network.dataDirectory, "tokenhub.db"),
      });
      await database.db.updateTable("jobs").set({ letter: "open" }).where("id", "=", id).execute();
    }
    expect(await replay()).toMatchObject({ status: 202, json: { job_id: job.id } });
    expect(await replaysOf(id)).toHaveLength(1);
    expect(await stateOf(id)).toBe("replayed");
  });

  it("stays open when its key's budget is used up or the key is disabled, and says so", async () => {
    const { json: key } = await site.admin("POST", "/apikeys", {
      body: { name: "poor", monthly_budget_usd: 5 },
    });
    const id = await deadLetter({ key: key.key });
    const replay = () => site.admin("POST", `/dead-letters/${id}/replay`, { body: { model: "spare-test" } });
    // Something is held of it by a job that waits.
    await submit((path, options) => site.ask(path, { ...options, key: key.key }), chatOf("gpt-test"), {
      not_before: Math.floor(Date.now() / 1_000) + 3_600,
    });
    await site.admin("PATCH", `/apikeys/${key.id}`, { body: { monthly_budget_usd: 0.000_000_001 } });
    const refused = await replay();
    expect(refused).toMatchObject({ status: 429, json: { error: { code: "budget_exceeded" } } });
    expect(await stateOf(id)).toBe("open");
    await site.admin("PATCH", `/apikeys/${key.id}`, { body: { monthly_budget_usd: 5, enabled: false } });
    expect(await replay()).toMatchObject({ status: 401, json: { error: { code: "api_key_disabled" } } });
    await site.admin("PATCH", `/apikeys/${key.id}`, { body: { enabled: true } });
    expect(await replay()).toMatchObject({ status: 202 });
    const rows = await auditRowsOf(site.network.dataDirectory, id);
    expect(rows.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "ok"]);
  });

  it("is none for jobs that did not fail for good", async () => {
    const { id } = await submit(site.ask, chatOf("spare-test"));
    await site.ask(`/v1/jobs/${id}?wait=20`);
    for (const [method, path] of [
      ["GET", `/dead-letters/${id}`],
      ["POST", `/dead-letters/${id}/replay`],
      ["POST", `/dead-letters/${id}/discard`],
      ["GET", "/dead-letters/job_00000000000000000000"],
    ] as const)
      expect(await site.admin(method, path)).toMatchObject({
        status: 404,
        json: { error: { code: "not_found" } },
      });
  });
});

describe("many dead letters", () => {
  it("are sent again by ids, each on its own: who is refused stays open and says why", async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const [good, done] = [await deadLetter(), await deadLetter()];
    await site.admin("POST", `/dead-letters/${done}/discard`);
    const missing = `job_${"0".repeat(32)}`;
    const gone = await site.admin("POST", "/dead-letters/replay", {
      body: { ids: [good], model: "no-such-model" },
    });
    expect(gone.json).toMatchObject({
      replayed: 0,
      refused: 1,
      results: [{ id: good, outcome: "refused", error: { code: "model_not_found" } }],
    });
    expect(await stateOf(good)).toBe("open");
    const mixed = await site.admin("POST", "/dead-letters/replay", {
      body: { ids: [good, done, missing, good], model: "spare-test", priority: 1, deadline: inAnHour },
    });
    expect(mixed).toMatchObject({ status: 202, json: { replayed: 1, refused: 0, has_more: false } });
    expect(mixed.json.results).toMatchObject([
      { id: good, outcome: "replayed" },
      { id: done, outcome: "not_open" },
      { id: missing, outcome: "not_found" },
    ]);
    expect((await site.ask(`/v1/jobs/${mixed.json.results[0].job_id}`)).json["priority"]).toBe(1);
  });

  it("are sent again and discarded by what they are like", async () => {
    const [first, second, other] = [
      await deadLetter({ tag: "alike" }),
      await deadLetter({ tag: "alike" }),
      await deadLetter({ tag: "unlike" }),
    ];
    const filter = { tag: "alike", tenant_id: "default" };
    const none = await site.admin("POST", "/dead-letters/replay", {
      body: { filter: { ...filter, class: "none" } },
    });
    expect(none.json).toMatchObject({ replayed: 0, results: [], last_id: null });
    const behind = { ...filter, after: first };
    const replayed = await site.admin("POST", "/dead-letters/replay", {
      body: { filter: behind, model: "spare-test" },
    });
    expect(replayed.json).toMatchObject({ replayed: 1, results: [{ id: second }], last_id: second });
    const discarded = await site.admin("POST", "/dead-letters/discard", { body: { filter, reason: "old" } });
    expect(discarded.json).toMatchObject({ discarded: 1, results: [{ id: first, outcome: "discarded" }] });
    expect(await Promise.all([first, second, other].map(stateOf))).toEqual(["discarded", "replayed", "open"]);
  });

  it.each([
    [{}, "either `ids` or `filter`"],
    [{ ids: [], model: "x" }, "ids"],
    [{ ids: ["x"] }, "ids"],
    [{ ids: [`job_${"0".repeat(32)}`], filter: {} }, "either `ids` or `filter`"],
    [{ filter: { since: "yesterday" } }, "since"],
    [{ filter: {}, priority: 12 }, "priority"],
  ])("%j is refused", async (body, named) => {
    const refused = await site.admin("POST", "/dead-letters/replay", { body });
    expect(refused).toMatchObject({ status: 400, json: { error: { code: "invalid_request" } } });
    expect(refused.text).toContain(named);
  });

  it("are moved by operators only", async () => {
    const bearer = await site.tokenOf("viewer");
    for (const path of ["/dead-letters/replay", "/dead-letters/discard"])
      expect(await site.admin("POST", path, { body: { filter: {} }, bearer })).toMatchObject({ status: 403 });
    expect(await site.admin("GET", "/dead-letters/webhook-deliveries", { bearer })).toMatchObject({
      status: 200,
      json: { items: [], total: 0 },
    });
  });
});
