import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";
import { recordedIds, rowOf } from "../lifecycle/request-rows.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), config: sample() });
  await network.reload(sample(network.mock.url));
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => network.mock.clearCalls());

/** Models whose ids, names and addresses are written in every way that the documents and users write them. */
function sample(mockUrl = "http://127.0.0.1:9"): Record<string, unknown> {
  const price = { cost_per_1k: 0.002, capabilities: ["chat", "completion"] };
  return {
    providers: [
      { name: "plain", type: "vllm", base_url: mockUrl },
      { name: "slash", type: "vllm", base_url: `${mockUrl}/` },
      { name: "v1", type: "vllm", base_url: `${mockUrl}/v1` },
      { name: "v1-slash", type: "vllm", base_url: `${mockUrl}/v1/` },
    ],
    models: [
      {
        ...price,
        id: "llama-local",
        provider: "plain",
        name: "meta-llama/Llama-2",
        weight: 70,
        context_size: 4096,
      },
      { ...price, id: "wide", provider: "plain", name: "up-wide", weight: 10, context_size: 100_000 },
      { ...price, id: "gpt-3.5", provider: "slash", name: "up-dot", weight: 1, context_size: 4096 },
      { ...price, id: "v1/llama-local", provider: "v1", name: "up-exact", weight: 1, context_size: 4096 },
      {
        ...price,
        id: "org/team/model",
        provider: "v1-slash",
        name: "up-deep",
        weight: 1,
        context_size: 4096,
      },
    ],
    aliases: {},
  };
}

const hello = [{ role: "user", content: "hello" }];
const chat = (body: object) =>
  postJson(network, "/v1/chat/completions", { body: { messages: hello, ...body } });
/** What the provider was asked, without the looks at its list of models. */
const asked = () => network.mock.calls().filter(({ method }) => method === "POST");

describe("names and addresses as they are written", () => {
  it("S4-29: clients, log and metrics say llama-local; the provider is asked for the name of its own", async () => {
    const { json, headers } = await chat({ model: "llama-local" });
    expect(json["model"]).toBe("llama-local");
    expect(asked().map(({ model }) => model)).toEqual(["meta-llama/Llama-2"]);
    const store = { directory: network.dataDirectory };
    expect(await rowOf(store, headers.get("x-request-id") ?? "")).toMatchObject({ modelId: "llama-local" });
    const metrics = await (await fetch(`${network.url}/metrics`)).text();
    expect(metrics).toMatch(/^tokenhub_requests_total\{.*model="llama-local"/m);
    expect(metrics).not.toContain("meta-llama");
  });

  it("an address with and without a final slash or /v1 reaches the same path of the provider", async () => {
    for (const model of ["llama-local", "gpt-3.5", "v1/llama-local", "org/team/model"])
      expect([model, (await chat({ model })).status]).toEqual([model, 200]);
    expect(asked().map(({ path }) => path)).toEqual(Array(4).fill("/v1/chat/completions"));
  });

  it("ids with dots and slashes are found by path and by name, and an exact id comes before a provider's prefix", async () => {
    const headers = { authorization: `Bearer ${network.apiKey}` };
    for (const id of ["gpt-3.5", "org/team/model"]) {
      const answer = await fetch(`${network.url}/v1/models/${id}`, { headers });
      expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ id })]);
    }
    await chat({ model: "v1/llama-local" });
    expect(asked().map(({ model }) => model)).toEqual(["up-exact"]);
  });

  it.each([{}, { model: "" }, { model: "*" }])("S4-10: with %j the server picks a model", async (named) => {
    const { status, json } = await chat(named);
    expect([status, typeof json["model"]]).toEqual([200, "string"]);
  });
});

describe("requests of the documented sizes", () => {
  it("S3-19, S4-31: an answer limit that exceeds one context goes to a wider model without being asked", async () => {
    const { json } = await chat({ model: "*", max_tokens: 5_000 });
    expect(json["model"]).toBe("wide");
    expect(asked().map(({ body }) => Reflect.get(Object(body), "max_tokens"))).toEqual([5_000]);
  });

  it("S4-49: where the only model is named, the same limit is refused with the reason and is not cut", async () => {
    const { status, json } = await chat({ model: "llama-local", max_tokens: 5_000 });
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toMatch(/context/);
    expect(asked()).toEqual([]);
  });
});

describe("many requests at once", () => {
  it("S3-66: each gets its own answer, each is paid once and logged once", async () => {
    const store = { directory: network.dataDirectory };
    const contents = Array.from({ length: 120 }, (_, index) => `question number ${index}`);
    const answers = await Promise.all(
      contents.map((content) => chat({ model: "wide", messages: [{ role: "user", content }] })),
    );
    expect(answers.map(({ json }) => textOf(json))).toEqual(
      contents.map((content) => `Mock answer from up-wide: ${content}`),
    );
    expect(asked()).toHaveLength(contents.length);
    const ids = answers.map(({ headers }) => headers.get("x-request-id") ?? "");
    expect(new Set(ids).size).toBe(contents.length);
    const recorded = await until("a row of each", async () => {
      const found = (await recordedIds(store)).filter((id) => ids.includes(id));
      return found.length >= ids.length ? found : null;
    });
    expect(recorded.toSorted()).toEqual(ids.toSorted());
  });
});

describe("the path of a chat", () => {
  it("S2-41: a valid chat is routed, asked once, answered, and found in Prometheus and in SQL; a wrong one stops first", async () => {
    const count = async (): Promise<number> => {
      const metrics = await (await fetch(`${network.url}/metrics`)).text();
      const lines = metrics.match(/^tokenhub_requests_total\{.*endpoint="\/?v?1?\/?chat".*\} \d+$/gm) ?? [];
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    };
    const before = await count();
    const wrong = await postJson(network, "/v1/chat", { body: { messages: "no list" } });
    expect([wrong.status, asked()]).toEqual([400, []]);
    const right = await postJson(network, "/v1/chat", {
      body: { messages: hello, orchestration_mode: "simple" },
    });
    expect([right.status, typeof right.json["response"]]).toEqual([200, "string"]);
    expect(asked()).toHaveLength(1);
    const row = await rowOf({ directory: network.dataDirectory }, right.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ outcome: "succeeded", modelId: right.json["model"] });
    expect(await count()).toBeGreaterThan(before);
  });
});

function textOf(json: Record<string, unknown>): unknown {
  const [choice] = json["choices"] as { message: { content: string } }[];
  return choice?.message.content;
}
