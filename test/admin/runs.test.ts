import type { Plan } from "@tokenhub/mock-llm";
import { createRunRepository, openDatabase } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { auditRowsOf } from "./audit-rows.ts";
import { openRunSite, type RunSite, type WantedRun } from "./run-site.ts";

let site: RunSite;
beforeAll(async () => {
  site = await openRunSite(inject("redisUrl"));
});
afterAll(() => site[Symbol.asyncDispose]());

const usage = { inputTokens: 100, outputTokens: 50 };
beforeEach(() => {
  site.network.mock.clearPlans();
  site.network.mock.clearCalls();
  site.network.mock.plan("up-gpt", { usage, texts: ["the first plan", "the refined plan"] });
  site.network.mock.plan("up-claude", { usage, text: "the critique" });
});

const callsTo = (model: string) => site.network.mock.calls().filter((call) => call.model === model);
/** A refusal that nothing mends, and that does not count against the provider's health. */
const refusal: Plan = { steps: [{ kind: "status", status: 400, message: "no", repeat: true }] };

async function tokenOf(role: string): Promise<string> {
  const { json } = await site.admin("POST", "/admin-tokens", { body: { name: `a ${role}`, role } });
  return json.token;
}

/** A run that failed because its critic refused. */
async function failedRun(wanted: WantedRun = {}) {
  site.network.mock.plan("up-claude", refusal);
  const input = await site.begin(wanted);
  await site.whenIs(input.runId, "failed");
  await site.recorded(input.runId, "failed");
  return input;
}

describe("GET /admin/v1/runs/{id}", () => {
  it("shows a run with what each phase was sent and answered, whose it is, and what it cost in all", async () => {
    const { runId, requestId } = await site.begin({ question: "How do I do it?" });
    const run = await site.whenIs(runId, "succeeded");
    expect(run).toMatchObject({
      id: runId,
      object: "orchestration",
      mode: "adversarial",
      request_id: requestId,
      tenant_id: "default",
      source: "live",
      shows_texts: true,
      attempt: 1,
      result: "the refined plan",
      input_tokens: 300,
      output_tokens: 150,
      total_tokens: 450,
      settings: {
        mode: "adversarial",
        rounds: 1,
        primary: { model: "gpt-test" },
        review: { model: "claude-test" },
      },
    });
    const [plan, critique, refined] = run.phases;
    expect(plan).toMatchObject({
      id: "plan.1",
      model: "gpt-test",
      output: "the first plan",
      status: "succeeded",
    });
    expect(critique).toMatchObject({ id: "critique.1", model: "claude-test", output: "the critique" });
    expect(plan.prompt).toMatchObject({ temperature: 0.5 });
    expect(plan.prompt.messages.at(-1)).toEqual({ role: "user", content: "How do I do it?" });
    expect(critique.prompt.messages.at(-1).content).toContain("the first plan");
    expect(refined.prompt.messages.at(-1).content).toContain("the critique");
    // What is shown is what the provider got.
    const sent = callsTo("up-gpt").at(-1)?.body as { messages: unknown };
    expect(sent.messages).toEqual(refined.prompt.messages);
  });

  it("shows the same from the books when Redis has it no more", async () => {
    const input = await site.begin();
    const live = await site.whenIs(input.runId, "succeeded");
    await site.recorded(input.runId, "succeeded");
    await site.lose(input);
    const { json } = await site.admin("GET", `/runs/${input.runId}`);
    expect(json).toEqual({ ...live, source: "records" });
  });

  it("shows a viewer neither prompts nor answers, and everything else", async () => {
    site.network.mock.plan("up-claude", { usage, text: "the secret critique" });
    const { runId } = await site.begin({ question: "a secret question" });
    const full = await site.whenIs(runId, "succeeded");
    const bearer = await tokenOf("viewer");
    const { status, json, text } = await site.admin("GET", `/runs/${runId}`, { bearer });
    expect(status).toBe(200);
    expect(text).not.toMatch(/secret|the first plan|the refined plan/);
    expect(json).toMatchObject({
      shows_texts: false,
      result: null,
      artefacts: {},
      total_tokens: full.total_tokens,
    });
    expect(json.phases).toEqual(
      full.phases.map((phase: object) => ({ ...phase, output: null, prompt: null })),
    );
    const timeline = await site.admin("GET", `/runs/${runId}/timeline`, { bearer });
    expect(timeline.text).not.toMatch(/secret|the first plan/);
    for (const action of ["cancel", "retry"]) {
      const refused = await site.admin("POST", `/runs/${runId}/${action}`, { bearer });
      expect(refused).toMatchObject({ status: 403, json: { error: { code: "admin_forbidden" } } });
    }
  });

  it("answers 404 for a run that does not exist, whatever the question", async () => {
    const id = "run_00000000000000000000";
    for (const [method, path] of [
      ["GET", `/runs/${id}`],
      ["GET", `/runs/${id}/timeline`],
      ["POST", `/runs/${id}/cancel`],
      ["POST", `/runs/${id}/retry`],
    ] as const)
      expect(await site.admin(method, path)).toMatchObject({
        status: 404,
        json: { error: { code: "not_found" } },
      });
  });
});

describe("GET /admin/v1/runs", () => {
  it("lists runs by tenant, key, mode, status and time, counted and paged, without any text", async () => {
    const own = { tenantId: "ten_list", keyId: "key_list" };
    const first = await site.begin({ input: own, question: "a secret question" });
    const second = await site.begin({ input: own, mode: "refine" });
    const other = await site.begin({ input: { ...own, tenantId: "ten_other" } });
    for (const { runId } of [first, second, other]) await site.recorded(runId, "succeeded");
    const list = async (query: string) => {
      const { json } = await site.admin("GET", `/runs?${query}`);
      return { ...json, ids: json.items?.map(({ id }: { id: string }) => id) };
    };
    const page = await list("tenant=ten_list");
    expect(page).toMatchObject({ total: 2, limit: 100, offset: 0, ids: [second.runId, first.runId] });
    expect(page.items[1]).toMatchObject({
      id: first.runId,
      request_id: first.requestId,
      mode: "adversarial",
      status: "succeeded",
      tenant_id: "ten_list",
      api_key_id: "key_list",
      attempt: 1,
      calls: 3,
      total_tokens: 450,
      error_code: null,
    });
    expect(page.items[1].cost_usd).toBeGreaterThan(0);
    expect(JSON.stringify(page)).not.toMatch(/secret|plan/);
    expect((await list("tenant=ten_list&limit=1&offset=1")).ids).toEqual([first.runId]);
    expect((await list("tenant=ten_list&direction=asc")).ids).toEqual([first.runId, second.runId]);
    expect((await list("tenant=ten_list&mode=refine")).ids).toEqual([second.runId]);
    expect((await list("key=key_list&tenant=ten_other")).ids).toEqual([other.runId]);
    expect((await list("tenant=ten_list&status=failed")).total).toBe(0);
    expect((await list(`request_id=${second.requestId}`)).ids).toEqual([second.runId]);
    const since = `tenant=ten_list&since=${second.acceptedAtMs}`;
    expect((await list(since)).ids).toContain(second.runId);
    expect((await list(`${since}&until=${second.acceptedAtMs}`)).total).toBe(0);
  });

  it.each(["status=lost", "limit=0", "since=yesterday", "since=2&until=1"])("refuses ?%s", async (query) => {
    expect(await site.admin("GET", `/runs?${query}`)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request" } },
    });
  });

  it("the calls of a run are requests of the log, and what they cost is what it cost", async () => {
    const { runId } = await site.begin();
    const run = await site.whenIs(runId, "succeeded");
    const log = await until("all calls to be recorded", async () => {
      const { json } = await site.admin("GET", `/requests?run_id=${runId}`);
      return json.total === 3 ? json : null;
    });
    const ids = (entries: Record<string, unknown>[]) =>
      entries.map((entry) => String(entry["request_id"])).toSorted();
    expect(ids(log.items)).toEqual(ids(run.phases));
    expect(log.items).toMatchObject(
      Array.from({ length: 3 }, () => ({ run_id: runId, orchestration_mode: "adversarial" })),
    );
    const cost = log.items.reduce((sum: number, entry: { cost_usd: number }) => sum + entry.cost_usd, 0);
    expect(cost).toBeCloseTo(run.cost_usd, 9);
    const one = await site.admin("GET", `/requests/${run.phases[0].request_id}`);
    expect(one.json.run_id).toBe(runId);
  });
});

describe("GET /admin/v1/runs/{id}/timeline", () => {
  it("tells what happened in order: acceptance, phases with model, cost and routing, waits, decision, end", async () => {
    const { runId } = await site.begin();
    await site.whenIs(runId, "succeeded");
    const entries = await until("the calls to be recorded", async () => {
      const { json } = await site.admin("GET", `/runs/${runId}/timeline`);
      expect(json).toMatchObject({ id: runId, mode: "adversarial", status: "succeeded", attempt: 1 });
      const finished = json.entries.filter(({ type }: { type: string }) => type === "phase_finished");
      return finished.every(({ routing }: { routing: unknown }) => routing !== null) ? json.entries : null;
    });
    const told = entries.map(({ type, id }: { type: string; id?: string }) =>
      id === undefined ? type : `${type} ${id}`,
    );
    expect(told.filter((entry: string) => entry !== "wait" && entry !== "decision")).toEqual([
      "accepted",
      "phase_started plan.1",
      "phase_finished plan.1",
      "phase_started critique.1",
      "phase_finished critique.1",
      "phase_started refine.1",
      "phase_finished refine.1",
      "done",
    ]);
    expect(entries.find(({ type }: { type: string }) => type === "phase_finished")).toMatchObject({
      status: "succeeded",
      model: "gpt-test",
      provider: "openai-up",
      input_tokens: 100,
      output_tokens: 50,
      routing: { reason: "named", attempts: 1 },
      timings: { total_ms: expect.any(Number), calls_ms: expect.any(Number) },
    });
    const times = entries.map(({ at_ms: atMs }: { at_ms: number }) => atMs);
    expect(times).toEqual(times.toSorted((left: number, right: number) => left - right));
    expect(entries.at(-1)).toMatchObject({
      type: "done",
      status: "succeeded",
      reason: "adversarial-orchestration",
    });
  });
});

describe("POST /admin/v1/runs/{id}/cancel", () => {
  it("stops the call under way and ends the run; again it is as it is, and it is audited", async () => {
    site.network.mock.plan("up-claude", { steps: [{ kind: "hang", repeat: true }] });
    const { runId } = await site.begin();
    await site.network.mock.waitForCall((call) => call.model === "up-claude", 10_000);
    expect(await site.admin("POST", `/runs/${runId}/cancel`)).toMatchObject({
      status: 202,
      json: { ok: true, id: runId, is_cancelling: true },
    });
    const run = await site.whenIs(runId, "cancelled");
    expect(run.phases[0]).toMatchObject({ id: "plan.1", output: "the first plan" });
    await until("the hanging call to be let go", () => site.network.mock.inFlight === 0);
    await site.recorded(runId, "cancelled");
    expect(await site.admin("POST", `/runs/${runId}/cancel`)).toMatchObject({
      status: 200,
      json: { status: "cancelled", is_cancelling: false },
    });
    expect(callsTo("up-gpt")).toHaveLength(1);
    const rows = await auditRowsOf(site.network.dataDirectory, runId);
    expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "run.cancel ok",
      "run.cancel ok",
    ]);
  });

  it("answers 409 for a run that has ended by itself", async () => {
    const { runId } = await site.begin({ mode: "planning" });
    await site.whenIs(runId, "succeeded");
    expect(await site.admin("POST", `/runs/${runId}/cancel`)).toMatchObject({
      status: 409,
      json: { error: { code: "conflict" } },
    });
  });

  it("ends a run that Redis has lost too", async () => {
    site.network.mock.plan("up-claude", { steps: [{ kind: "hang", repeat: true }] });
    const input = await site.begin();
    await site.network.mock.waitForCall((call) => call.model === "up-claude", 10_000);
    await site.recorded(input.runId, "running");
    await site.lose(input);
    expect((await site.admin("GET", `/runs/${input.runId}`)).json).toMatchObject({
      status: "running",
      source: "records",
    });
    expect(await site.admin("POST", `/runs/${input.runId}/cancel`)).toMatchObject({ status: 202 });
    await site.recorded(input.runId, "cancelled");
  });
});

describe("POST /admin/v1/runs/{id}/retry", () => {
  it("takes up a failed run from the call that failed, with the model asked for, and what was paid for is not asked again", async () => {
    const { runId, requestId } = await failedRun();
    const failed = await site.admin("GET", `/runs/${runId}`);
    expect(failed.json).toMatchObject({ error: { code: "provider_bad_request" } });
    expect(await site.admin("POST", `/runs/${runId}/retry`, { body: { model: "spare-test" } })).toMatchObject(
      {
        status: 202,
        json: { ok: true, id: runId, status: "running", attempt: 2, model: "spare-test" },
      },
    );
    const run = await site.whenIs(runId, "succeeded");
    expect(run).toMatchObject({ attempt: 2, result: "the refined plan" });
    expect(
      run.phases.map(({ id, model, status }: Record<string, string>) => `${id} ${model} ${status}`),
    ).toEqual([
      "plan.1 gpt-test succeeded",
      expect.stringMatching(/^critique\.1 .* failed$/),
      "critique.1 spare-test succeeded",
      "refine.1 gpt-test succeeded",
    ]);
    expect(callsTo("up-gpt")).toHaveLength(2);
    expect(callsTo("up-spare")).toHaveLength(1);
    await site.recorded(runId, "succeeded");
    // Whoever asked was told of the first end; a result is never replaced.
    const result = await site.redis.get(site.keyspace.result(requestId));
    expect(result).toContain('"outcome":"failed"');
    const { json } = await site.admin("GET", `/runs/${runId}/timeline`);
    const told = json.entries
      .map(({ type }: { type: string }) => type)
      .filter((type: string) => type !== "wait");
    expect(told.slice(5, 8)).toEqual(["done", "retried", "phase_started"]);
    const [row] = await auditRowsOf(site.network.dataDirectory, runId);
    expect(row).toMatchObject({
      action: "run.retry",
      outcome: "ok",
      detail: { attempt: 2, model: "spare-test" },
    });
  });

  it("without a model asks the same one again", async () => {
    const { runId } = await failedRun();
    site.network.mock.plan("up-claude", { usage, text: "the critique" });
    expect(await site.admin("POST", `/runs/${runId}/retry`)).toMatchObject({
      status: 202,
      json: { model: null },
    });
    const run = await site.whenIs(runId, "succeeded");
    expect(run.phases[2]).toMatchObject({ id: "critique.1", attempt: 2, model: "claude-test" });
  });

  it("restores a run that is in the books only, and goes on after its deadline", async () => {
    const input = await failedRun({ input: { deadlineAtMs: Date.now() + 2_000 } });
    site.network.mock.plan("up-claude", { usage, text: "the critique" });
    await site.lose(input);
    await until("its deadline to be over", () => Date.now() > input.deadlineAtMs);
    expect((await site.admin("POST", `/runs/${input.runId}/retry`)).status).toBe(202);
    const run = await site.whenIs(input.runId, "succeeded");
    expect(run).toMatchObject({ attempt: 2, source: "live" });
    expect(callsTo("up-gpt")).toHaveLength(2);
    await site.recorded(input.runId, "succeeded");
  });

  it("takes up a cancelled run: the cancellation is over", async () => {
    site.network.mock.plan("up-claude", { usage, text: "the critique", steps: [{ kind: "hang" }] });
    const { runId } = await site.begin();
    await site.network.mock.waitForCall((call) => call.model === "up-claude", 10_000);
    await site.admin("POST", `/runs/${runId}/cancel`);
    await site.recorded(runId, "cancelled");
    expect((await site.admin("POST", `/runs/${runId}/retry`)).status).toBe(202);
    expect(await site.whenIs(runId, "succeeded")).toMatchObject({ attempt: 2 });
    await site.recorded(runId, "succeeded");
    expect(callsTo("up-gpt")).toHaveLength(2);
  });

  it("of several retries at once one takes the run up, and the others are told that it runs", async () => {
    const { runId } = await failedRun();
    site.network.mock.plan("up-claude", {
      usage,
      text: "the critique",
      steps: [{ kind: "slow", latencyMs: 500 }],
    });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => site.admin("POST", `/runs/${runId}/retry`)),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
      "202",
      "409",
      "409",
      "409",
      "409",
    ]);
    expect(await site.whenIs(runId, "succeeded")).toMatchObject({ attempt: 2 });
    await site.recorded(runId, "succeeded");
  });

  it("refuses a run that runs or has succeeded, a model that does not exist, and members it does not know", async () => {
    site.network.mock.plan("up-gpt", { steps: [{ kind: "hang", repeat: true }] });
    const running = await site.begin();
    await site.network.mock.waitForCall((call) => call.model === "up-gpt", 10_000);
    const retry = (runId: string, body = {}) => site.admin("POST", `/runs/${runId}/retry`, { body });
    const conflict = { status: 409, json: { error: { code: "conflict" } } };
    expect(await retry(running.runId)).toMatchObject(conflict);
    await site.admin("POST", `/runs/${running.runId}/cancel`);
    await site.whenIs(running.runId, "cancelled");
    site.network.mock.plan("up-gpt", { text: "done" });
    const done = await site.begin({ mode: "planning" });
    await site.whenIs(done.runId, "succeeded");
    expect(await retry(done.runId)).toMatchObject(conflict);
    const unknown = { status: 404, json: { error: { code: "model_not_found" } } };
    expect(await retry(running.runId, { model: "no-such-model" })).toMatchObject(unknown);
    expect((await retry(running.runId, { modle: "gpt-test" })).status).toBe(400);
    expect((await retry(running.runId, { model: 3 })).status).toBe(400);
  });
});

it("a row of a tenant's run is found by that tenant only", async () => {
  const { runId } = await site.begin({ mode: "planning", input: { tenantId: "ten_own" } });
  await site.recorded(runId, "succeeded");
  const path = join(site.network.dataDirectory, "tokenhub.db");
  await using database = await openDatabase({ kind: "sqlite", path });
  const runs = createRunRepository(database.db);
  expect(await runs.get(runId, { tenantId: "ten_own" })).not.toBeNull();
  expect(await runs.get(runId, { tenantId: "default" })).toBeNull();
});
