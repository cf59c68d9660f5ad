import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { begin, call, follow, readingOf, type Json } from "./native-door.ts";

let network: TestNetwork;
const models = { primary: "gpt-test", review: "claude-test" };

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.plan("up-gpt", { text: "the plan of a model" });
  network.mock.plan("up-claude", { text: "the critique of another" });
});

const phasesOf = (report: Json): string[] =>
  (report["phases"] as readonly Json[]).map(({ id }) => String(id));

describe("POST /v1/orchestrations", () => {
  it("waits for the end and answers the whole run: every phase, the sums, the result", async () => {
    const { status, headers, json } = await begin(network, { mode: "adversarial", iterations: 2, models });
    expect(status).toBe(200);
    expect(headers.get("location")).toBe(`/v1/orchestrations/${String(json["id"])}`);
    expect(json).toMatchObject({
      object: "orchestration",
      mode: "adversarial",
      status: "succeeded",
      iterations: 2,
      result: "the plan of a model",
      reason: "adversarial-orchestration",
      error: null,
    });
    expect(phasesOf(json)).toEqual(["plan.1", "critique.1", "refine.1", "critique.2", "refine.2"]);
    const phases = json.phases ?? [];
    const tokens = phases.reduce(
      (sum, phase) => sum + Number(phase["input_tokens"]) + Number(phase["output_tokens"]),
      0,
    );
    expect(json["total_tokens"]).toBe(tokens);
    expect(phases.map(({ model }) => model)).toEqual([
      "gpt-test",
      "claude-test",
      "gpt-test",
      "claude-test",
      "gpt-test",
    ]);
    const shown = await call(network, `/v1/orchestrations/${String(json["id"])}`);
    expect(shown.json).toEqual(json);
  });

  it.each([
    ["background: true", { background: true }, {}],
    ["Prefer: respond-async", {}, { prefer: "wait=5, respond-async" }],
  ])("with %s answers 202 at once, and the run goes on", async (_what, body, headers) => {
    network.mock.plan("up-gpt", { latencyMs: 300, text: "later" });
    const begun = await begin(
      network,
      { mode: "planning", models: { primary: "gpt-test" }, ...body },
      headers,
    );
    expect(begun.status).toBe(202);
    expect(begun.json).toMatchObject({ object: "orchestration", status: "running", phases: [] });
    const place = begun.headers.get("location") ?? "";
    const ended = await until("the end", async () => {
      const { json } = await call(network, place);
      return json["status"] === "running" ? null : json;
    });
    expect(ended).toMatchObject({ status: "succeeded", result: "later" });
  });

  it("takes the nested form of /v1/chat, with its parameters and its model", async () => {
    const { status, json } = await call(network, "/v1/orchestrations", {
      method: "POST",
      body: {
        mode: "planning",
        request: {
          messages: [{ role: "user", content: "hello" }],
          model_hint: "gpt-test",
          parameters: { temperature: 0.25 },
        },
      },
    });
    expect([status, json.phases?.[0]?.["model"]]).toEqual([200, "gpt-test"]);
    const body = network.mock.calls().at(-1)?.body as Json;
    expect(body["temperature"]).toBe(0.25);
  });

  it("a directive in the conversation wins over the body and reaches no provider", async () => {
    const { json } = await begin(network, {
      mode: "adversarial",
      iterations: 3,
      models,
      messages: [{ role: "user", content: "@@tokenhub iterations=1\nDesign it" }],
    });
    expect(json["iterations"]).toBe(1);
    expect(JSON.stringify(network.mock.calls().map(({ body }) => body))).not.toContain("@@tokenhub");
  });

  it("a run that takes longer than its caller waits is answered 202 with its place, and goes on", async () => {
    network.mock.plan("up-gpt", { latencyMs: 3_000, text: "in its own time" });
    const { status, headers, json } = await begin(
      network,
      { mode: "planning", models: { primary: "gpt-test" }, deadline_ms: 20_000 },
      { "x-tokenhub-timeout-ms": "100" },
    );
    expect([status, json["status"]]).toEqual([202, "running"]);
    const place = headers.get("location") ?? "";
    await until("the end", async () => (await call(network, place)).json["status"] === "succeeded");
  });

  it("a run that fails answers its error, and the phases that are paid for in it", async () => {
    network.mock.plan("up-claude", { steps: [{ kind: "status", status: 400, repeat: true }] });
    const { status, json } = await begin(network, { mode: "adversarial", models });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(json.error?.["code"]).toBeTypeOf("string");
    const run = json.run ?? {};
    expect(run).toMatchObject({ object: "orchestration", status: "failed", result: null });
    expect((run["phases"] as readonly Json[]).map(({ id, status: ended }) => [id, ended])).toEqual([
      ["plan.1", "succeeded"],
      ["critique.1", "failed"],
    ]);
    expect((run["phases"] as readonly Json[])[0]?.["output"]).toBe("the plan of a model");
  });

  it("a run that reaches its deadline answers 504, with the phases that are paid for", async () => {
    network.mock.plan("up-claude", { latencyMs: 20_000 });
    const { status, json } = await begin(network, { mode: "adversarial", models, deadline_ms: 1_500 });
    expect([status, json.error?.["code"]]).toEqual([504, "deadline_exceeded"]);
    expect(json.run).toMatchObject({ status: "failed", phases: [{ id: "plan.1", status: "succeeded" }, {}] });
    await until("the upstream call to be aborted", () => network.mock.inFlight === 0);
  });

  it("a caller who goes away stops the run, and pays for no further phase", async () => {
    network.mock.plan("up-gpt", { latencyMs: 10_000 });
    const callsBefore = network.mock.calls().length;
    const controller = new AbortController();
    const asked = fetch(`${network.url}/v1/orchestrations`, {
      method: "POST",
      headers: { authorization: `Bearer ${network.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        mode: "adversarial",
        models,
        messages: [{ role: "user", content: "never mind" }],
      }),
      signal: controller.signal,
    }).catch(() => null);
    await until("the call", () => network.mock.calls().length > callsBefore || network.mock.inFlight > 0);
    controller.abort();
    await asked;
    const [run] = await until("the run to be cancelled", async () => {
      const { json } = await call(network, "/v1/orchestrations?status=cancelled&limit=1");
      const data = json["data"] as readonly Json[];
      return data.length > 0 ? data : null;
    });
    expect(run).toMatchObject({ mode: "adversarial", status: "cancelled" });
    await until("the upstream call to be aborted", () => network.mock.inFlight === 0);
  });
});

describe("what is wrong with a request is said before anything is called", () => {
  const message = [{ role: "user", content: "hello" }];
  it.each<[string, Json, number, string, string | null]>([
    ["an unknown mode", { mode: "guess" }, 400, "invalid_request", "mode"],
    ["no mode", { mode: undefined }, 400, "invalid_request", "mode"],
    ["an empty mode", { mode: "" }, 400, "invalid_request", "mode"],
    ["11 iterations", { iterations: 11 }, 400, "invalid_request", "iterations"],
    ["-1 iterations", { iterations: -1 }, 400, "invalid_request", "iterations"],
    ["1.5 iterations", { iterations: 1.5 }, 400, "invalid_request", "iterations"],
    ["an unknown planner", { models: { primary: "nobody" } }, 404, "model_not_found", "models.primary"],
    ["an unknown critic", { models: { review: "nobody" } }, 404, "model_not_found", "models.review"],
    ["a misspelt member", { iteration: 2 }, 400, "invalid_request", null],
    ["a budget above 100", { max_budget_usd: 100.01 }, 400, "invalid_request", "max_budget_usd"],
    [
      "a worst case above the budget",
      { iterations: 10, max_budget_usd: 0.05, models, parameters: { max_tokens: 1_000 } },
      429,
      "budget_exceeded",
      "max_budget_usd",
    ],
    ["a budget that pays for no model", { max_budget_usd: 1e-9, models }, 429, "budget_exceeded", null],
    ["a negative weight", { review_min_weight: -1 }, 400, "invalid_request", "review_min_weight"],
    ["a weight nobody has", { primary_min_weight: 1_000_000 }, 400, "no_eligible_model", null],
    ["no time", { deadline_ms: 0 }, 400, "invalid_request", "deadline_ms"],
    ["more than an hour", { deadline_ms: 3_600_001 }, 400, "invalid_request", "deadline_ms"],
    ["options of no phase", { options: { max_tokens: { poem: 1 } } }, 400, "invalid_request", null],
    ["no messages", { messages: [] }, 400, "empty_messages", "messages"],
    ["neither form", { messages: undefined }, 400, "invalid_request", null],
    ["both forms", { request: { messages: message } }, 400, "invalid_request", null],
    ["a background stream", { background: true, stream: true }, 400, "invalid_request", "background"],
    [
      "a schema, which other doors take",
      { messages: undefined, request: { messages: message, output_schema: { type: "object" } } },
      400,
      "invalid_request",
      "request.output_schema",
    ],
    [
      "a bad directive",
      { messages: [{ role: "user", content: "@@tokenhub iterations=6\nhello" }] },
      400,
      "invalid_directive",
      "iterations",
    ],
    ["several choices", { parameters: { n: 2 } }, 400, "invalid_request", "n"],
  ])("%s", async (_what, body, status, code, param) => {
    const callsBefore = network.mock.calls().length;
    const answer = await begin(network, { mode: "adversarial", ...body });
    expect([answer.status, answer.json.error?.["code"]]).toEqual([status, code]);
    if (param !== null) expect(answer.json.error?.["param"]).toBe(param);
    expect(answer.json.error?.["request_id"]).toMatch(/^req_/);
    expect(network.mock.calls().length).toBe(callsBefore);
  });

  it.each([
    ["GET", "/v1/orchestrations/run_0000000000000000000000", 404, "not_found"],
    ["GET", "/v1/orchestrations/nothing", 400, "invalid_request"],
    ["POST", "/v1/orchestrations/run_0000000000000000000000/cancel", 404, "not_found"],
    ["GET", "/v1/orchestrations/run_0000000000000000000000/events", 404, "not_found"],
    ["DELETE", "/v1/orchestrations", 405, "method_not_allowed"],
    ["POST", "/v1/orchestrations/run_0000000000000000000000/events", 405, "method_not_allowed"],
    ["GET", "/v1/orchestrations?limit=0", 400, "invalid_request"],
    ["GET", "/v1/orchestrations?limit=101", 400, "invalid_request"],
    ["GET", "/v1/orchestrations?status=lost", 400, "invalid_request"],
    ["GET", "/v1/orchestrations?after=run_0000000000000000000000", 400, "invalid_request"],
    ["GET", "/v1/orchestrations?colour=red", 400, "invalid_request"],
  ])("%s %s answers %i", async (method, path, status, code) => {
    const answer = await call(network, path, { method });
    expect([answer.status, answer.json.error?.["code"]]).toEqual([status, code]);
  });
});

describe("following a run", () => {
  it("stream: true answers its events as they happen, every text in its phase, and the report at the end", async () => {
    network.mock.plan("up-gpt", { text: "one two three four", tokensPerSecond: 100 });
    const stream = await follow(network, "/v1/orchestrations", {
      body: {
        mode: "adversarial",
        models,
        stream: true,
        messages: [{ role: "user", content: "Design a system" }],
      },
    });
    expect(stream.status).toBe(200);
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(stream.headers.get("location")).toMatch(/^\/v1\/orchestrations\/run_/);
    await stream.ended;
    const seen = stream.seen();
    const { texts, others } = readingOf(seen);
    expect(texts).toEqual({
      "plan.1": "one two three four",
      "critique.1": "the critique of another",
      "refine.1": "one two three four",
    });
    const phases = ["plan.1", "critique.1", "refine.1"];
    expect(others.map(({ type, data }) => [type, data["call_id"]])).toEqual([
      ...phases.flatMap((id) => [
        ["phase_started", id],
        ["phase_finished", id],
      ]),
      ["done", undefined],
    ]);
    expect(seen.filter(({ type }) => type === "delta").length).toBeGreaterThan(4);
    for (const { type, data } of others)
      if (type === "phase_finished")
        expect(data).toMatchObject({ status: "succeeded", usage: { total_tokens: expect.any(Number) } });
    const place = stream.headers.get("location") ?? "";
    expect(seen.at(-1)?.data["report"]).toEqual((await call(network, place)).json);
  });

  it("from every event on, who resumes gets exactly the rest; several, early and late, see the same", async () => {
    network.mock.plan("up-gpt", { text: "a vote for one thing", tokensPerSecond: 200 });
    network.mock.plan("up-claude", { text: "a vote for another", tokensPerSecond: 150 });
    network.mock.plan("up-spare", { text: '{"winner": 1, "reason": "first"}' });
    const { headers } = await begin(network, {
      mode: "vote",
      iterations: 2,
      models: { review: "spare-test" },
      background: true,
    });
    const place = `${headers.get("location") ?? ""}/events`;
    const early = await Promise.all([follow(network, place), follow(network, place)]);
    await Promise.all(early.map(({ ended }) => ended));
    const late = await follow(network, place);
    await late.ended;
    const [first] = early;
    const whole = readingOf(first.seen());
    expect(Object.keys(whole.texts).toSorted()).toEqual(["judge.1", "vote.1", "vote.2"]);
    expect(whole.others.map(({ type }) => type)).toContain("decision");
    for (const { seen } of [...early, late]) expect(readingOf(seen())).toEqual(whole);
    const seen = first.seen();
    for (const [index, { id }] of seen.entries()) {
      const byHeader = index % 2 === 0;
      const resumed = await follow(
        network,
        byHeader ? place : `${place}?after=${id}`,
        byHeader ? { headers: { "last-event-id": id ?? "" } } : {},
      );
      expect(resumed.status).toBe(index === seen.length - 1 ? 204 : 200);
      await resumed.ended;
      expect([id, readingOf(resumed.seen())]).toEqual([id, readingOf(seen.slice(index + 1))]);
    }
  });

  it("cancelling ends the run at once for followers, keeps what was paid for, and may be repeated", async () => {
    network.mock.plan("up-claude", { latencyMs: 20_000 });
    const { headers } = await begin(network, { mode: "adversarial", models, background: true });
    const place = headers.get("location") ?? "";
    const stream = await follow(network, `${place}/events`);
    await until("the critique to begin", () =>
      stream.seen().some(({ type, data }) => type === "phase_started" && data["phase"] === "critique"),
    );
    const cancelled = await call(network, `${place}/cancel`, { method: "POST" });
    expect([cancelled.status, cancelled.json["status"]]).toEqual([200, "cancelled"]);
    expect(cancelled.json.phases?.[0]).toMatchObject({ id: "plan.1", status: "succeeded" });
    await stream.ended;
    expect(stream.seen().at(-1)).toMatchObject({ type: "done", data: { status: "cancelled" } });
    const again = await call(network, `${place}/cancel`, { method: "POST" });
    expect([again.status, again.json]).toEqual([200, cancelled.json]);
    await until("the upstream call to end", () => network.mock.inFlight === 0);
  });
});

describe("GET /v1/orchestrations", () => {
  it("lists newest first, in pages that neither repeat nor miss a run, filtered by mode and status", async () => {
    const begun: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      const { json } = await begin(network, {
        mode: "refine",
        iterations: 1,
        models: { primary: "gpt-test" },
      });
      begun.push(String(json["id"]));
    }
    const pageAfter = async (after: string | null): Promise<Json> =>
      (
        await call(
          network,
          `/v1/orchestrations?limit=3&mode=refine&status=succeeded${after === null ? "" : `&after=${after}`}`,
        )
      ).json;
    await until("all runs in the books", async () => {
      const { json } = await call(network, "/v1/orchestrations?limit=100&mode=refine&status=succeeded");
      return (json["data"] as readonly unknown[]).length >= 7;
    });
    const listed: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 5; pages += 1) {
      const page: Json = await pageAfter(after);
      const data = page["data"] as readonly Json[];
      listed.push(...data.map(({ id }) => String(id)));
      expect(page["last_id"]).toBe(data.at(-1)?.["id"] ?? null);
      after = page["last_id"] as string | null;
      if (page["has_more"] !== true) break;
    }
    expect(listed).toEqual(begun.toReversed());
    const { json } = await call(network, "/v1/orchestrations?limit=1&mode=refine");
    const [newest] = json["data"] as readonly Json[];
    expect(newest).toMatchObject({ object: "orchestration", mode: "refine", calls: 2, attempt: 1 });
    expect(JSON.stringify(json)).not.toContain("Design a system");
  });
});
