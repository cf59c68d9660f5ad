import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openAccessNetwork } from "../access/access-network.ts";
import { postJson } from "../doors/post-json.ts";
import { calledModels, cast } from "./door-bench.ts";

const modes = ["planning", "adversarial", "vote", "refine"];
const messages = [{ role: "user", content: "Design a system" }];

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const complete = (body: object) => postJson(network, "/v1/chat/completions", { body: { messages, ...body } });

describe("a virtual model", () => {
  it.each([
    ["planning", 1],
    ["adversarial", 3],
    ["refine", 3],
    ["vote", 4],
  ])(
    "S1-59: tokenhub/%s answers with the completion of a run of %i calls, and the sum of what they used",
    async (mode, calls) => {
      const usage = { inputTokens: 100, outputTokens: 10 };
      for (const upstream of ["up-gpt", "up-claude", "up-spare"])
        network.mock.plan(upstream, { text: "text", usage });
      const { status, json, headers } = await complete({ model: `tokenhub/${mode}` });
      expect(status).toBe(200);
      expect(Object.keys(json).toSorted()).toEqual(["choices", "created", "id", "model", "object", "usage"]);
      expect(json).toMatchObject({
        object: "chat.completion",
        model: headers.get("x-tokenhub-model"),
        choices: [{ index: 0, message: { role: "assistant", content: "text" }, finish_reason: "stop" }],
        usage: { prompt_tokens: calls * 100, completion_tokens: calls * 10, total_tokens: calls * 110 },
      });
      expect(network.mock.calls()).toHaveLength(calls);
      const run = headers.get("x-tokenhub-run");
      expect(headers.get("link")).toBe(`</v1/orchestrations/${run}>; rel="related"`);
    },
  );

  it("takes what an orchestration takes from the member tokenhub", async () => {
    await complete({
      model: "tokenhub/adversarial",
      tokenhub: { orchestration: { ...cast, iterations: 2, stop_when_accepted: false } },
    });
    expect(calledModels(network)).toEqual(["up-gpt", "up-claude", "up-gpt", "up-claude", "up-gpt"]);
    network.mock.clearCalls();
    const own = await complete({ tokenhub: { orchestration: { mode: "refine", iterations: 1 } } });
    expect([own.status, network.mock.calls().length]).toEqual([200, 2]);
  });

  it("C1: is a hint of the nested body, answered in the native shape", async () => {
    const { json } = await postJson(network, "/v1/chat", {
      body: { request: { messages, model_hint: "tokenhub/adversarial" } },
    });
    expect(json).toMatchObject({
      routing_reason: "adversarial-orchestration",
      attempts: 3,
      response: { object: "chat.completion" },
    });
  });

  it("is answered in Anthropic's shape on /v1/messages", async () => {
    const { json } = await postJson(network, "/v1/messages", {
      body: { model: "tokenhub/vote", max_tokens: 100, messages, system: "Speak like a pirate" },
    });
    expect(json).toMatchObject({ type: "message", role: "assistant", content: [{ type: "text" }] });
    expect(JSON.stringify(json)).not.toContain("tokenhub_run");
    for (const { body } of network.mock.calls())
      expect(JSON.stringify(body)).toContain("Speak like a pirate");
  });

  it("carries images and tools of an Anthropic caller to the calls that answer", async () => {
    const image = {
      type: "image",
      source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
    };
    const tool = { name: "look_up", description: "Looks something up", input_schema: { type: "object" } };
    const { status } = await postJson(network, "/v1/messages", {
      body: {
        model: "tokenhub/adversarial",
        max_tokens: 100,
        messages: [{ role: "user", content: [image, { type: "text", text: "What is this?" }] }],
        tools: [tool],
      },
    });
    expect(status).toBe(200);
    const seen = network.mock.calls().map(({ body }) => JSON.stringify(body));
    expect(seen.map((text) => text.includes("iVBORw0KGgo="))).toEqual(seen.map(() => true));
    expect(seen.map((text) => text.includes("look_up"))).toEqual([true, false, true]);
  });

  it("streams its final answer, in each format, with usage for who asks for it", async () => {
    network.mock.plan("up-gpt", { text: "the final text" });
    network.mock.plan("up-claude", { text: "the final text" });
    const openai = await stream("/v1/chat/completions", { stream_options: { include_usage: true } });
    expect(openai.headers.get("content-type")).toContain("text/event-stream");
    expect(openai.headers.get("x-tokenhub-run")).toMatch(/^run_/);
    expect(openai.headers.get("x-tokenhub-reason")).toBe("refine-orchestration");
    const openaiText = await openai.text();
    expect(openaiText).toContain("the final text");
    expect(openaiText).toMatch(/"total_tokens":\d+/);
    expect(openaiText.trimEnd().endsWith("data: [DONE]")).toBe(true);
    const anthropic = await (await stream("/v1/messages", { max_tokens: 100 })).text();
    expect(anthropic).toContain("event: message_start");
    expect(anthropic).toContain("the final text");
    expect(anthropic).toContain("event: message_stop");
    const without = await (await stream("/v1/chat/completions", {})).text();
    expect(without).not.toContain("total_tokens");
  });

  it("that fails before it said anything is an HTTP error on a stream, too", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    for (const upstream of ["up-gpt", "up-claude", "up-spare"])
      own.mock.plan(upstream, { steps: [{ kind: "status", status: 400, repeat: true }] });
    const failed = await postJson(own, "/v1/chat/completions", {
      body: { model: "tokenhub/planning", messages, stream: true },
    });
    expect([failed.status, failed.json["error"]]).toMatchObject([400, { code: "provider_bad_request" }]);
    expect(failed.json["run"]).toMatchObject({ status: "failed" });
  });

  it("never answers from the cache", async () => {
    const body = { model: "tokenhub/planning", tokenhub: { cache: true } };
    for (let turn = 0; turn < 2; turn += 1) {
      const { headers } = await complete(body);
      expect(headers.has("x-tokenhub-cache")).toBe(false);
    }
    expect(network.mock.calls()).toHaveLength(2);
  });

  it("that does not exist is unknown, and a model that is really called so is itself", async () => {
    const unknown = await complete({ model: "tokenhub/dance" });
    expect([unknown.status, unknown.json["error"]]).toMatchObject([404, { code: "model_not_found" }]);
    const models = [{ id: "tokenhub/vote", provider: "openai-up", name: "up-real", weight: 1 }];
    await using own = await startTestNetwork({
      redisUrl: inject("redisUrl"),
      config: { models, aliases: {} },
    });
    const real = await postJson(own, "/v1/chat/completions", { body: { model: "tokenhub/vote", messages } });
    expect([real.json["model"], calledModels(own)]).toEqual(["tokenhub/vote", ["up-real"]]);
  });
});

describe("GET /v1/models", () => {
  const list = async (site: Pick<TestNetwork, "url">, key: string) => {
    const response = await fetch(`${site.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    return ((await response.json()) as { data: { id: string; owned_by: string }[] }).data;
  };

  it("lists a virtual model for every mode", async () => {
    const virtual = (await list(network, network.apiKey)).filter(({ id }) => id.startsWith("tokenhub/"));
    expect(virtual.map(({ id, owned_by }) => [id, owned_by])).toEqual(
      modes.map((mode) => [`tokenhub/${mode}`, "tokenhub"]),
    );
    const one = await fetch(`${network.url}/v1/models/tokenhub/vote`, {
      headers: { authorization: `Bearer ${network.apiKey}` },
    });
    expect(await one.json()).toMatchObject({ id: "tokenhub/vote" });
  });

  it("a key with a list of models names a virtual one only when it is on the list, and runs it with the models there", async () => {
    await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
    const listed = await site.admin.createKey({ allowed_models: ["gpt-test", "tokenhub/vote"] });
    expect((await list(site.network, listed.key)).map(({ id }) => id)).toEqual(["gpt-test", "tokenhub/vote"]);
    const ask = (model: string) =>
      postJson(site.network, "/v1/chat/completions", {
        body: { model, messages },
        headers: { authorization: `Bearer ${listed.key}` },
      });
    expect((await ask("tokenhub/vote")).status).toBe(200);
    expect(calledModels(site.network)).toEqual(["up-gpt"]);
    const refused = await ask("tokenhub/refine");
    expect([refused.status, refused.json["error"]]).toMatchObject([403, { code: "model_not_allowed" }]);
  });
});

function stream(path: string, body: object): Promise<Response> {
  return fetch(network.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
    body: JSON.stringify({ model: "tokenhub/refine", messages, stream: true, ...body }),
  });
}
