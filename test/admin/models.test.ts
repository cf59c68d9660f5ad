import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { adminEnvironment, administer } from "./admin-client.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
});
afterAll(() => network[Symbol.asyncDispose]());

const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  administer(network, method, `/admin/v1${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  });
const model = (id: string, more: object = {}) => ({
  id,
  provider_id: "openai-up",
  upstream_name: `up-${id}`,
  ...more,
});

describe("/admin/v1/models", () => {
  it("S1-5, S2-22, S2-23, S2-27: a model is created, read, replaced, changed and removed while the gateway runs, and requests follow at once", async () => {
    const created = await admin("POST", "/models", model("m-life", { weight: 5 }));
    expect(created).toMatchObject({
      status: 201,
      etag: '"v1"',
      json: {
        id: "m-life",
        provider_id: "openai-up",
        upstream_name: "up-m-life",
        enabled: true,
        weight: 5,
        source: "admin",
        version: 1,
      },
    });
    expect(created.headers.get("location")).toBe("/admin/v1/models/m-life");
    expect(await ask(network, { model: "m-life" })).toMatchObject({ status: 200 });
    expect(network.mock.calls().at(-1)?.model).toBe("up-m-life");

    const read = await admin("GET", "/models/m-life");
    expect(read.json).toEqual(created.json);

    const changed = await admin("PATCH", "/models/m-life", { upstream_name: "up-other" });
    expect(changed).toMatchObject({
      status: 200,
      etag: '"v2"',
      json: { upstream_name: "up-other", weight: 5 },
    });
    await until("the worker to call the new name", async () => {
      await ask(network, { model: "m-life" });
      return network.mock.calls().at(-1)?.model === "up-other";
    });

    const replaced = await admin("PUT", "/models/m-life", { provider_id: "openai-up", weight: 3 });
    expect(replaced).toMatchObject({ status: 200, json: { upstream_name: "m-life", weight: 3, version: 3 } });

    expect(await admin("DELETE", "/models/m-life")).toMatchObject({ status: 200, json: { deleted: true } });
    expect((await admin("GET", "/models/m-life")).status).toBe(404);
    expect(await ask(network, { model: "m-life" })).toMatchObject({
      status: 404,
      json: { error: { code: "model_not_found" } },
    });
  });

  it("S2-22: a second model of the same id is refused and the first stays as it was", async () => {
    await admin("POST", "/models", model("m-once", { weight: 1 }));
    const again = await admin("POST", "/models", model("m-once", { weight: 9 }));
    expect(again).toMatchObject({ status: 409, json: { error: { code: "already_exists", param: "id" } } });
    expect((await admin("GET", "/models/m-once")).json).toMatchObject({ weight: 1, version: 1 });
  });

  it("S1d-3, S2-24, S2-25, S2-26, S0-4, S3-13: weight, context, prices, expected latency and enabled are kept as they were sent", async () => {
    const { json } = await admin(
      "POST",
      "/models",
      model("m-full", {
        weight: 7.5,
        max_context_tokens: 32_000,
        max_output_tokens: 4_096,
        input_per_1k: 0.003,
        output_per_1k: 0.015,
        expected_latency_ms: 850,
        enabled: false,
        capabilities: ["chat", "tools", "vision"],
        tool_name_map: { bash_tool: "bash" },
        gemma4_output: true,
      }),
    );
    expect(json).toMatchObject({
      weight: 7.5,
      max_context_tokens: 32_000,
      max_output_tokens: 4_096,
      input_per_1k: 0.003,
      output_per_1k: 0.015,
      pricing_source: "manual",
      context_source: "manual",
      expected_latency_ms: 850,
      enabled: false,
      capabilities: ["chat", "tools", "images"],
      tool_name_map: { bash_tool: "bash" },
      gemma4_output: true,
    });
    expect((await ask(network, { model: "m-full" })).json).toMatchObject({
      error: { code: "no_eligible_model" },
    });
  });

  it("S2-24: one price stands for input and output", async () => {
    const { json } = await admin("POST", "/models", model("m-single", { cost_per_1k: 0.05 }));
    expect(json).toMatchObject({ input_per_1k: 0.05, output_per_1k: 0.05 });
  });

  it.each([
    [0, 201],
    [0.5, 201],
    [150, 201],
    [-1, 400],
    ["8", 400],
  ])("S2-26, S3-82: a weight of %j is answered with %i", async (weight, status) => {
    const answer = await admin("POST", "/models", model(`m-weight-${String(weight)}`, { weight }));
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.json.error).toMatchObject({ code: "invalid_request", param: "weight" });
  });

  it("enabled defaults to true, an unknown provider is a 400 and nothing is kept", async () => {
    expect((await admin("POST", "/models", model("m-default"))).json.enabled).toBe(true);
    const answer = await admin("POST", "/models", model("m-orphan", { provider_id: "nobody" }));
    expect(answer).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param: "provider_id" } },
    });
    expect((await admin("GET", "/models/m-orphan")).status).toBe(404);
    expect((await admin("POST", "/models", { id: "m-nobody" })).json.error.param).toBe("provider_id");
  });

  it.each([
    [{ weight: "8" }, "weight"],
    [{ enabled: "yes" }, "enabled"],
    [{ enabled: null }, "enabled"],
    [{ max_context_tokens: 1.5 }, "max_context_tokens"],
    [{ input_per_1k: -0.1, output_per_1k: 1 }, "input_per_1k"],
    [{ input_per_1k: 1 }, "output_per_1k"],
    [{ capabilities: ["telepathy"] }, "capabilities.0"],
    [{ cost_per_1k: 1, input_per_1k: 1 }, "cost_per_1k"],
    [{ upstream_name: "a", name: "b" }, "name"],
    [{ provider_id: "nobody" }, "provider_id"],
    [{ colour: "red" }, null],
    [{ id: "other" }, null],
  ])("a change to %j is a 400, and the model stays as it was", async (body, param) => {
    await admin("POST", "/models", model("m-strict"));
    const before = await admin("GET", "/models/m-strict");
    const answer = await admin("PATCH", "/models/m-strict", body);
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "invalid_request", param } } });
    expect((await admin("GET", "/models/m-strict")).json).toEqual(before.json);
  });

  it("null clears: price, context, capabilities, latency and tool names become unknown, not 0", async () => {
    await admin(
      "POST",
      "/models",
      model("m-null", {
        cost_per_1k: 1,
        max_context_tokens: 8_000,
        max_output_tokens: 100,
        capabilities: ["chat"],
        expected_latency_ms: 5,
        tool_name_map: { a: "b" },
      }),
    );
    const { json } = await admin("PATCH", "/models/m-null", {
      input_per_1k: null,
      max_context_tokens: null,
      max_output_tokens: null,
      capabilities: null,
      expected_latency_ms: null,
      tool_name_map: null,
    });
    expect(json).toMatchObject({
      input_per_1k: null,
      output_per_1k: null,
      pricing_source: null,
      max_context_tokens: null,
      context_source: null,
      max_output_tokens: null,
      capabilities: null,
      expected_latency_ms: null,
      tool_name_map: {},
    });
  });

  it("a context of 0 is unlimited and stays a stated one", async () => {
    const { json } = await admin("POST", "/models", model("m-unlimited", { max_context_tokens: 0 }));
    expect(json).toMatchObject({ max_context_tokens: 0, context_source: "manual" });
  });

  it("what was read can be sent back as it is and changes nothing", async () => {
    await admin(
      "POST",
      "/models",
      model("m-round", { weight: 2, cost_per_1k: 0.5, max_context_tokens: 9_000 }),
    );
    const read = await admin("GET", "/models/m-round");
    const sent = await admin("PUT", "/models/m-round", read.json);
    expect(sent).toMatchObject({ status: 200, etag: '"v1"' });
    expect(sent.json).toEqual(read.json);
  });

  it("ids with slashes and dots work in every path, and one model is never taken for another", async () => {
    const id = "meta-llama/Llama-3.1-70b";
    await admin("POST", "/models", { ...model("x"), id, upstream_name: "up-llama" });
    await admin("POST", "/models", { ...model("x"), id: "Llama-3.1-70b", upstream_name: "up-bare" });
    expect((await admin("GET", `/models/${id}`)).json.id).toBe(id);
    expect((await admin("GET", `/models/${encodeURIComponent(id)}`)).json.id).toBe(id);
    expect((await admin("PATCH", `/models/${id}`, { weight: 4 })).json).toMatchObject({ id, weight: 4 });
    await ask(network, { model: id });
    expect(network.mock.calls().at(-1)?.model).toBe("up-llama");
    expect((await admin("DELETE", `/models/${id}`)).status).toBe(200);
    expect((await admin("GET", "/models/Llama-3.1-70b")).status).toBe(200);
  });

  it("an unknown id is a 404 for every method, and nothing is created", async () => {
    for (const [method, body] of [
      ["GET", undefined],
      ["PUT", { provider_id: "openai-up" }],
      ["PATCH", { weight: 1 }],
      ["DELETE", undefined],
    ] as const) {
      const answer = await admin(method, "/models/no-such", body);
      expect(answer, method).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
    }
    expect((await admin("GET", "/models?text=no-such")).json.total).toBe(0);
  });

  it("S1-5: If-Match of a stale version is a 412 with the present one, and nobody's change is lost", async () => {
    await admin("POST", "/models", model("m-match"));
    expect((await admin("PATCH", "/models/m-match", { weight: 2 }, { "if-match": '"v1"' })).status).toBe(200);
    const stale = await admin("PATCH", "/models/m-match", { weight: 3 }, { "if-match": '"v1"' });
    expect(stale).toMatchObject({
      status: 412,
      etag: '"v2"',
      json: { error: { code: "version_mismatch" } },
    });
    expect(stale.json.error.message).toContain('"v2"');
    expect((await admin("DELETE", "/models/m-match", undefined, { "if-match": '"v1"' })).status).toBe(412);
    expect((await admin("PUT", "/models/m-match", { weight: 9 }, { "if-match": '"v1"' })).status).toBe(412);
    expect((await admin("GET", "/models/m-match")).json.weight).toBe(2);
    expect((await admin("PATCH", "/models/m-match", { weight: 3 }, { "if-match": "*" })).status).toBe(200);
  });

  it("ten changes at once with one version: one wins, nine are told", async () => {
    await admin("POST", "/models", model("m-race"));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        admin("PATCH", "/models/m-race", { weight: index + 10 }, { "if-match": '"v1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(412),
    ]);
    expect((await admin("GET", "/models/m-race")).json.version).toBe(2);
  });

  it("S3-16, S3-46: lists are pages with a total, filtered by provider, capability, enabled and text, and sorted", async () => {
    for (const [id, weight] of [
      ["list-a", 3],
      ["list-b", 1],
      ["list-c", 2],
    ] as const)
      await admin("POST", "/models", { ...model(id, { weight }), provider_id: "spare" });
    const page = await admin("GET", "/models?text=LIST-&sort=-weight&limit=2");
    expect(page.json).toMatchObject({ total: 3, limit: 2, offset: 0 });
    expect(page.json.items.map((item: { id: string }) => item.id)).toEqual(["list-a", "list-c"]);
    const rest = await admin("GET", "/models?text=list-&sort=-weight&limit=2&offset=2");
    expect(rest.json.items.map((item: { id: string }) => item.id)).toEqual(["list-b"]);

    const spare = await admin("GET", "/models?provider=spare");
    expect(new Set(spare.json.items.map((item: { provider_id: string }) => item.provider_id))).toEqual(
      new Set(["spare"]),
    );
    expect(spare.json.total).toBe(4);
    const embedding = await admin("GET", "/models?capability=embeddings&source=config");
    expect(embedding.json.items.map((item: { id: string }) => item.id)).toEqual(["embed-test"]);
    await admin("PATCH", "/models/list-b", { enabled: false });
    expect((await admin("GET", "/models?text=list-&enabled=false")).json.total).toBe(1);
  });

  it.each(["limit=0", "limit=1001", "offset=-1", "sort=colour", "enabled=maybe", "colour=red", "limit=ten"])(
    "a list asked for with %s is a 400, not another list",
    async (query) => {
      expect(await admin("GET", `/models?${query}`)).toMatchObject({
        status: 400,
        json: { error: { code: "invalid_request" } },
      });
    },
  );

  it("a model of the configuration that an administrator changed survives a reload, and a removed one stays away", async () => {
    await admin("PATCH", "/models/spare-test", { weight: 42 });
    await admin("DELETE", "/models/claude-test");
    await network.reload({});
    expect((await admin("GET", "/models/spare-test")).json).toMatchObject({ weight: 42, source: "admin" });
    expect((await admin("GET", "/models/claude-test")).status).toBe(404);
  });
});

describe("list prices", () => {
  it("S0-4, D11: what nobody stated is filled from the price list and says so; what is unknown stays unknown, never 0", async () => {
    await admin("POST", "/providers", { id: "vendor", type: "openai" });
    const listed = await admin("POST", "/models", {
      id: "listed",
      provider_id: "vendor",
      upstream_name: "gpt-4",
    });
    expect(listed.json).toMatchObject({
      input_per_1k: 0.03,
      output_per_1k: 0.06,
      pricing_source: "catalogue",
      max_context_tokens: 8_192,
      context_source: "catalogue",
    });
    const simulated = await admin("POST", "/routing/simulate", {
      model_hint: "listed",
      token_count: 1_000,
      max_tokens: 100,
    });
    expect(simulated.json.decision.estimated_cost_usd).toBeCloseTo(0.036, 6);

    const stated = await admin("PATCH", "/models/listed", { output_per_1k: 0.5 });
    expect(stated.json).toMatchObject({ input_per_1k: 0.03, output_per_1k: 0.5, pricing_source: "manual" });
    const handedBack = await admin("PATCH", "/models/listed", { pricing_source: "catalogue" });
    expect(handedBack.json).toMatchObject({ output_per_1k: 0.06, pricing_source: "catalogue" });
    expect((await admin("PUT", "/models/listed", handedBack.json)).json).toMatchObject({
      pricing_source: "catalogue",
      context_source: "catalogue",
      version: handedBack.json.version,
    });

    const unknown = await admin("POST", "/models", { id: "unlisted", provider_id: "vendor" });
    expect(unknown.json).toMatchObject({
      input_per_1k: null,
      output_per_1k: null,
      pricing_source: null,
      max_context_tokens: null,
    });
    const elsewhere = await admin("POST", "/models", model("gpt-4-elsewhere", { upstream_name: "gpt-4" }));
    expect(elsewhere.json.input_per_1k).toBeNull();
    expect(
      await admin("POST", "/routing/simulate", { model_hint: "unlisted", max_cost_per_1k: 100 }),
    ).toMatchObject({
      status: 400,
      json: { skipped_by_reason: { price_unknown: 1 } },
    });
  });

  it("with TOKENHUB_PRICE_CATALOGUE=false nothing is filled", async () => {
    await using own = await startTestNetwork({
      redisUrl: inject("redisUrl"),
      env: { ...adminEnvironment, TOKENHUB_PRICE_CATALOGUE: "false" },
    });
    await administer(own, "POST", "/admin/v1/providers", { body: { id: "vendor", type: "openai" } });
    const { json } = await administer(own, "POST", "/admin/v1/models", {
      body: { id: "listed", provider_id: "vendor", upstream_name: "gpt-4" },
    });
    expect(json).toMatchObject({ input_per_1k: null, pricing_source: null, context_source: null });
  });
});
