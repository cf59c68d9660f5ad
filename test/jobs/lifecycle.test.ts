import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { openSite, type Site } from "../lifecycle/site.ts";
import { askerOf, chatOf, submit, type Ask } from "./job-client.ts";

const models = ["late", "ordered", "dropped", "mended", "stopped", "broken", "kept"] as const;
type Model = (typeof models)[number] | "single" | "single-too";

let site: Site;
let ask: Ask;
beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_SYNC_WAIT_MS: "400" },
    config: (mockUrl) =>
      catalogueOf(mockUrl, {
        ...Object.fromEntries(models.map((id) => [id, { models: { [id]: {} } }])),
        one: { concurrency: 1, models: { single: {}, "single-too": {} } },
      }),
  });
  const gateway = await site.startGateway({
    jobs: {
      limits: { running: 100, runningPerGroup: 1 },
      keepMs: 3_600_000,
      keptBytesMax: 1e9,
      longestMs: 3_600_000,
      defaultMs: 60_000,
      afterWaitMs: 60_000,
    },
  });
  await site.startRouter();
  await site.startProviderWorker({ random: () => 0 });
  ask = askerOf(gateway);
});
afterAll(() => site[Symbol.asyncDispose]());

const callsTo = (model: Model) => site.mock.calls().filter((call) => call.model === `up-${model}`);
const saidTo = (model: Model) =>
  callsTo(model).map(({ bodyText }) => /"content":"([^"]*)"/.exec(bodyText ?? "")?.[1]);
const stateOf = async (id: string) => (await ask(`/v1/jobs/${id}`)).json["status"];

describe.concurrent("a job", () => {
  it("is what a request becomes whose caller's wait runs out, and its answer is paid for once", async () => {
    site.mock.plan("up-late", { latencyMs: 2_500 });
    const refused = await ask("/v1/chat/completions", { body: chatOf("late") });
    expect(refused.status).toBe(504);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    expect(refused.json).toMatchObject({ error: { code: "sync_wait_timeout" } });
    const location = refused.headers.get("location") ?? "";
    expect(refused.text).toContain(location);
    const ended = await ask(`${location}?wait=20`);
    expect(ended.json).toMatchObject({
      status: "succeeded",
      origin: "sync_wait",
      result: { status_code: 200 },
    });
    expect(callsTo("late")).toHaveLength(1);
  });

  it("of a higher priority goes first, and among equals the older one", async () => {
    site.mock.plan("up-ordered", { steps: [{ kind: "hang" }], latencyMs: 1 });
    const first = await submit(ask, chatOf("ordered", "first"));
    await until("the first to run", () => callsTo("ordered").length === 1);
    const waiting = [];
    for (const [content, priority] of [
      ["low", 1],
      ["high", 8],
      ["low again", 1],
    ] as const)
      waiting.push(await submit(ask, chatOf("ordered", content), { priority }));
    const third = await ask(`/v1/jobs/${waiting[2]?.id}`);
    expect(third.json).toMatchObject({ status: "queued", queue_position: 3 });
    await ask(`/v1/jobs/${first.id}/cancel`, { method: "POST" });
    for (const { id } of waiting) await ask(`/v1/jobs/${id}?wait=20`);
    expect(saidTo("ordered")).toEqual(["first", "high", "low", "low again"]);
  });

  it("whose deadline comes before its turn is dropped, and nothing is called for it", async () => {
    site.mock.plan("up-dropped", { steps: [{ kind: "hang" }] });
    const first = await submit(ask, chatOf("dropped", "first"));
    await until("the first to run", () => callsTo("dropped").length === 1);
    const deadline = new Date(Date.now() + 1_000).toISOString();
    const second = await submit(ask, chatOf("dropped", "second"), { deadline });
    const ended = await ask(`/v1/jobs/${second.id}?wait=20`);
    expect(ended.json).toMatchObject({
      status: "expired",
      attempts: 0,
      error: { code: "deadline_exceeded" },
      result: null,
    });
    expect(saidTo("dropped")).toEqual(["first"]);
    await ask(`/v1/jobs/${first.id}/cancel`, { method: "POST" });
  });

  it("is not begun before its time", async () => {
    const notBeforeMs = Date.now() + 1_500;
    const accepted = await submit(ask, chatOf("kept"), { not_before: new Date(notBeforeMs).toISOString() });
    expect(accepted.json).toMatchObject({ status: "scheduled", attempts: 0 });
    const ended = await ask(`/v1/jobs/${accepted.id}?wait=20`);
    expect(ended.json).toMatchObject({ status: "succeeded" });
    expect(callsTo("kept")[0]?.startedAtMs).toBeGreaterThanOrEqual(notBeforeMs);
  });

  it("is tried again later when its provider has refused it for its limits, and says so meanwhile", async () => {
    // As often as one attempt asks by itself.
    const step = { kind: "status", status: 429, retryAfterMs: 5 } as const;
    site.mock.plan("up-mended", { steps: Array.from({ length: 8 }, () => step) });
    const { id } = await submit(ask, chatOf("mended"));
    await until("the first attempt to fail", async () => (await stateOf(id)) === "scheduled");
    expect((await ask(`/v1/jobs/${id}`)).json).toMatchObject({
      attempts: 2,
      error: { class: "rate_limited" },
    });
    const ended = await ask(`/v1/jobs/${id}?wait=60`);
    expect(ended.json).toMatchObject({
      status: "succeeded",
      error: null,
      request_id: `req_${id.slice(4)}r2`,
    });
  });

  it("that runs is stopped with its call, may be cancelled again, and can be deleted then", async () => {
    site.mock.plan("up-stopped", { steps: [{ kind: "hang" }] });
    const { id } = await submit(ask, chatOf("stopped"));
    await until("its call", () => callsTo("stopped").length === 1);
    const early = await ask(`/v1/jobs/${id}`, { method: "DELETE" });
    expect([early.status, early.json["error"]]).toMatchObject([409, { code: "conflict" }]);
    const cancelled = await ask(`/v1/jobs/${id}/cancel`, { method: "POST" });
    expect([cancelled.status, cancelled.json["status"]]).toEqual([200, "cancelled"]);
    const again = await ask(`/v1/jobs/${id}/cancel`, { method: "POST" });
    expect([again.status, again.json["status"]]).toEqual([200, "cancelled"]);
    await until("the call to be cut off", () => callsTo("stopped")[0]?.outcome === "aborted_by_client");
    expect((await ask(`/v1/jobs/${id}`, { method: "DELETE" })).json).toMatchObject({ deleted: true });
    expect((await ask(`/v1/jobs/${id}`)).status).toBe(404);
  });

  it("that waits for its turn at the provider is cancelled at once, and its call is never made", async () => {
    site.mock.plan("up-single", { steps: [{ kind: "hang" }] });
    const first = await submit(ask, chatOf("single", "first"));
    await until("the first call", () => callsTo("single").length === 1);
    const second = await submit(ask, chatOf("single-too", "second"));
    await until("the second to be sent", async () => (await stateOf(second.id)) === "running");
    const cancelled = await ask(`/v1/jobs/${second.id}/cancel`, { method: "POST" });
    expect([cancelled.status, cancelled.json["status"]]).toEqual([200, "cancelled"]);
    await ask(`/v1/jobs/${first.id}/cancel`, { method: "POST" });
    const third = await submit(ask, chatOf("single-too", "third"));
    await ask(`/v1/jobs/${third.id}?wait=20`);
    expect(saidTo("single-too")).toEqual(["third"]);
  });

  it("that fails for good keeps what its caller would have been answered", async () => {
    site.mock.plan("up-broken", { steps: [{ kind: "status", status: 400, message: "no such thing" }] });
    const { id } = await submit(ask, chatOf("broken"));
    const ended = await ask(`/v1/jobs/${id}?wait=20`);
    expect(ended.json).toMatchObject({
      status: "failed",
      attempts: 1,
      error: { code: "provider_bad_request", class: "bad_request" },
      result: { status_code: 400, body: { error: {} } },
    });
  });
});
