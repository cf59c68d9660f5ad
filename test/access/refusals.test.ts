import Anthropic from "@anthropic-ai/sdk";
import { until, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openAccessNetwork, type AccessNetwork } from "./access-network.ts";
import { chatDoor, doors, errorOf, knock } from "./doors.ts";
import type { KeyAdmin } from "./key-admin.ts";

let site: AccessNetwork;
let network: TestNetwork;
let admin: KeyAdmin;
beforeAll(async () => {
  const redisUrl = inject("redisUrl");
  site = await openAccessNetwork({ redisUrl });
  ({ network, admin } = site);
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  // A right key makes the gateway forget the wrong ones of the tests before.
  await knock(network, chatDoor, network.apiKey);
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const question = [{ role: "user", content: "Say hello" }] as const;
const openAi = (key: string) => new OpenAI({ baseURL: `${network.url}/v1`, apiKey: key });
const anthropic = (key: string) => new Anthropic({ baseURL: network.url, apiKey: key });
const askOpenAi = (key: string, model = "gpt-test") =>
  openAi(key).chat.completions.create({ model, messages: [...question] });
const askAnthropic = (key: string, model = "gpt-test") =>
  anthropic(key).messages.create({ model, max_tokens: 100, messages: [...question] });

/** What was answered is in force: nothing waits for the gateway to notice. */
const newKey = (body: Record<string, unknown> = {}) => admin.createKey(body);

const unknownKey = `tokenhub_${"0".repeat(64)}`;

describe("S3-92: a key of the admin API", () => {
  it.each(doors)("opens $path ($shape)", async (door) => {
    const { key } = await newKey();
    expect(await knock(network, door, key)).toMatchObject({ status: 200 });
  });

  it("is taken from x-api-key, api-key and a bearer token", async () => {
    const { key } = await newKey();
    const all = [{ "x-api-key": key }, { "api-key": key }, { authorization: `Bearer ${key}` }];
    for (const headers of all)
      expect((await knock(network, chatDoor, null, headers as Record<string, string>)).status).toBe(200);
  });
});

describe("S3-92: 401", () => {
  it.each(doors)(
    "without and with a wrong key at $path, in the shape $shape, and no provider is called",
    async (door) => {
      for (const [key, code] of [
        [null, "missing_api_key"],
        [unknownKey, "invalid_api_key"],
      ] as const) {
        const answer = await knock(network, door, key);
        expect(answer.status).toBe(401);
        expect(answer.headers.get("x-should-retry")).toBe("false");
        const error = errorOf(answer);
        // Before the body is read, both forms of /v1/chat are answered alike.
        if (door.shape !== "anthropic") expect(error.code).toBe(code);
        expect(error.type).toBe("authentication_error");
        expect(error.message).toContain("API key");
      }
      expect(network.mock.calls()).toHaveLength(0);
    },
  );

  it("is the official clients' own error class", async () => {
    await expect(askOpenAi(unknownKey)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(askAnthropic(unknownKey)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(askOpenAi(unknownKey)).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
  });

  it.each([
    ["disabled", { enabled: false }, "api_key_disabled"],
    ["expired", { expires_in: "1ms" }, "api_key_expired"],
  ])("for a key that is %s says so to its holder", async (_what, body, code) => {
    const { key } = await newKey(body);
    const refused = await knock(network, chatDoor, key);
    expect([refused.status, errorOf(refused).code]).toEqual([401, code]);
    expect(refused.headers.get("x-should-retry")).toBe("false");
  });
});

describe("S3-92: 403", () => {
  it.each([
    [["embeddings"], ["/v1/embeddings"]],
    [["chat"], ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/chat"]],
    [["plan"], []],
  ])("for an endpoint whose scope the key %j lacks; it opens %j", async (scopes, open) => {
    const { key } = await newKey({ scopes });
    for (const door of doors) {
      const answer = await knock(network, door, key);
      if ((open as string[]).includes(door.path)) expect(answer.status).toBe(200);
      else {
        expect(answer.status).toBe(403);
        const error = errorOf(answer);
        if (door.shape !== "anthropic") expect(error.code).toBe("insufficient_scope");
        expect(error.type).toBe("permission_error");
      }
    }
  });

  it("for a model that is not on the key's list, and routing picks none beside it", async () => {
    const { key } = await newKey({ allowed_models: ["spare-test"] });
    const answer = await knock(network, chatDoor, key);
    expect([answer.status, errorOf(answer).code]).toEqual([403, "model_not_allowed"]);
    const picked = await openAi(key).chat.completions.create({ model: "auto", messages: [...question] });
    expect(picked.model).toBe("spare-test");
    expect(network.mock.calls().map(({ model }) => model)).toEqual(["up-spare"]);
    const fallback = await knock(
      network,
      { path: chatDoor.path, body: { ...chatDoor.body, model: "fast", tokenhub: { allow_fallback: true } } },
      key,
    );
    expect(fallback.status).toBe(403);
  });

  it("never for an alias on the list, which stands for its models", async () => {
    const { key } = await newKey({ allowed_models: ["fast"] });
    const answer = await askOpenAi(key, "fast");
    expect(["spare-test", "gpt-test"]).toContain(answer.model);
    await expect(askOpenAi(key, "gpt-test")).rejects.toMatchObject({ status: 403 });
  });

  it("is the official clients' own error class", async () => {
    const { key } = await newKey({ scopes: ["plan"] });
    await expect(askOpenAi(key)).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    await expect(askAnthropic(key)).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  });
});

describe("S3-92: GET /v1/models", () => {
  it("lists what the key may use, and no more, in either client's shape", async () => {
    const { key } = await newKey({ allowed_models: ["gpt-test", "fast", "not-there"] });
    const openAiIds = (await openAi(key).models.list()).data.map(({ id }) => id);
    const anthropicIds = (await anthropic(key).models.list()).data.map(({ id }) => id);
    expect(openAiIds.toSorted()).toEqual(["fast", "gpt-test"]);
    expect(anthropicIds).toEqual(openAiIds);
    expect((await openAi(key).models.retrieve("gpt-test")).id).toBe("gpt-test");
    await expect(openAi(key).models.retrieve("claude-test")).rejects.toMatchObject({ status: 404 });
    const { key: open } = await newKey();
    expect((await openAi(open).models.list()).data.length).toBeGreaterThan(4);
  });
});

describe("S3-92: what a key did", () => {
  it("is accounted to its tenant, project and key", async () => {
    await admin.call("POST", "/tenants", { id: "team", name: "Team" });
    await admin.call("POST", "/projects", { id: "search", name: "Search", tenant_id: "team" });
    const { id, key } = await newKey({ project_id: "search" });
    const answer = await knock(network, chatDoor, key);
    expect(answer.status).toBe(200);
    const requestId = answer.headers.get("x-request-id") ?? "";
    const row = await until("the row", () =>
      site.db
        .selectFrom("request_log")
        .select(["tenant_id", "project_id", "key_id"])
        .where("request_id", "=", requestId)
        .executeTakeFirst(),
    );
    expect(row).toEqual({ tenant_id: "team", project_id: "search", key_id: id });
  });
});
