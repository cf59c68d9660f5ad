import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compose, type MockLlm } from "../compose.ts";
import { openAiClient } from "../testing/clients.ts";

describe("the mock's own API", () => {
  let mock: MockLlm;
  beforeEach(async () => {
    mock = await compose({ port: 0 });
  });
  afterEach(() => mock[Symbol.asyncDispose]());

  const control = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${mock.url}/__mock/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const chat = (model: string): Promise<unknown> =>
    openAiClient(mock).chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] });

  it("sets, shows and removes the plan of a model whose name has slashes", async () => {
    const plan = { text: "planned", steps: [{ kind: "status", status: 503 }] };
    const set = await control("PUT", "plans/org/model.v1", plan);
    expect(set.status).toBe(200);
    expect(await (await control("GET", "plans/org%2Fmodel.v1")).json()).toEqual(plan);
    expect(await (await control("GET", "plans")).json()).toEqual({ "org/model.v1": plan });
    expect(mock.plans.get("org/model.v1")).toEqual(plan);
    await expect(chat("org/model.v1")).rejects.toMatchObject({ status: 503 });
    expect(await chat("org/model.v1")).toMatchObject({ choices: [{ message: { content: "planned" } }] });
    expect((await control("DELETE", "plans/org/model.v1")).status).toBe(204);
    expect((await control("DELETE", "plans/org/model.v1")).status).toBe(404);
  });

  it("applies the plan named * to models without one, and drops all plans together", async () => {
    await control("PUT", "plans/*", { text: "for all" });
    await control("PUT", "plans/own", { text: "own" });
    expect(await chat("any")).toMatchObject({ choices: [{ message: { content: "for all" } }] });
    expect(await chat("own")).toMatchObject({ choices: [{ message: { content: "own" } }] });
    expect((await control("DELETE", "plans")).status).toBe(204);
    expect(mock.plans.size).toBe(0);
  });

  it("refuses a plan that cannot be used and names the field", async () => {
    const wrong = await control("PUT", "plans/m", { latencyMs: -1 });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: expect.stringContaining("latencyMs") });
    const unknown = await control("PUT", "plans/m", { latency: 1 });
    expect(unknown.status).toBe(400);
    const notJson = await fetch(`${mock.url}/__mock/plans/m`, { method: "PUT", body: "{" });
    expect(await notJson.json()).toEqual({ error: "The plan cannot be used: it is not JSON." });
  });

  it("shows recorded calls by model, time and index, and forgets them on request", async () => {
    await chat("a");
    await chat("org/b");
    await chat("a");
    const models = async (query: string): Promise<unknown> => {
      const { calls } = (await (await control("GET", `calls${query}`)).json()) as {
        calls: { model: string }[];
      };
      return calls.map((call) => call.model);
    };
    expect(await models("")).toEqual(["a", "org/b", "a"]);
    expect(await models("?model=org%2Fb")).toEqual(["org/b"]);
    expect(await models("?after=1")).toEqual(["a"]);
    expect(await models(`?since=${Date.now() + 60_000}`)).toEqual([]);
    expect(await models("?since=0&model=a")).toEqual(["a", "a"]);
    expect((await control("DELETE", "calls")).status).toBe(204);
    expect(await models("")).toEqual([]);
  });

  it("reports its health and counters, and records none of these requests as calls", async () => {
    await chat('we"ird');
    expect(await (await control("GET", "health")).json()).toEqual({ status: "ok", calls: 1, inFlight: 0 });
    for (const path of ["/healthz", "/readyz"]) expect((await fetch(mock.url + path)).status).toBe(200);
    const metrics = await (await fetch(`${mock.url}/metrics`)).text();
    expect(metrics).toContain('mock_llm_calls_total{model="we\\"ird",outcome="answered"} 1\n');
    expect(metrics).toContain("mock_llm_calls_in_flight 0\n");
    expect((await control("GET", "nothing")).status).toBe(404);
    expect(mock.calls()).toHaveLength(1);
  });
});
