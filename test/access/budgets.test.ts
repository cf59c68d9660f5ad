import OpenAI from "openai";
import { until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openAccessNetwork, type AccessNetwork } from "./access-network.ts";
import { chatDoor, doors, errorOf, knock, type Door } from "./doors.ts";
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
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
  // Every chat answer costs 500 tokens of $0.002 per 1,000: a tenth of a cent.
  for (const upstream of ["up-gpt", "up-claude", "up-spare", "up-embed"])
    network.mock.plan(upstream, { text: "Hello", usage: { inputTokens: 250, outputTokens: 250 } });
});

const costUsd = 0.001;

const newKey = (body: Record<string, unknown>) => admin.createKey(body);
const spendOf = async (id: string): Promise<unknown> =>
  (await admin.call("GET", `/apikeys/${id}`))["current_spend_usd"];
/** Waits until the request's cost is in the books. */
const recorded = (id: string, usd: number): Promise<unknown> =>
  until(`$${usd} to be recorded`, async () => Math.abs(Number(await spendOf(id)) - usd) < 1e-9);

describe("a monthly budget", () => {
  it("refuses with both numbers before anything is called once it is spent, and not before", async () => {
    const { id, key } = await newKey({ monthly_budget_usd: costUsd * 2 });
    for (const spent of [costUsd, costUsd * 2]) {
      expect((await knock(network, chatDoor, key)).status).toBe(200);
      await recorded(id, spent);
    }
    network.mock.clearCalls();
    for (const door of doors) {
      const answer = await knock(network, door, key);
      expect(answer.status).toBe(429);
      expect(answer.headers.get("x-should-retry")).toBe("false");
      const { code, type, message } = errorOf(answer);
      expect(message).toContain("budget");
      if (door.shape === "openai" || door.shape === "native") expect(code).toBe("budget_exceeded");
      if (door.shape === "openai") expect(type).toBe("insufficient_quota");
      if (door.shape === "anthropic") expect(type).toBe("rate_limit_error");
      const numbers = { budget_scope: "key", budget_usd: costUsd * 2, spent_usd: costUsd * 2 };
      if (door.shape === "native") expect(answer.body["error"]).toMatchObject(numbers);
      if (door.shape === "legacy") expect(answer.body).toMatchObject(numbers);
    }
    expect(network.mock.calls()).toHaveLength(0);
  });

  it.each(doors)("counts what $path ($shape) costs", async (door: Door) => {
    const { id, key } = await newKey({ monthly_budget_usd: 10 });
    expect((await knock(network, door, key)).status).toBe(200);
    await until("its cost to be counted", async () => Number(await spendOf(id)) > 0);
  });

  it("is not overrun by many requests at once: what is under way counts", async () => {
    const { id, key } = await newKey({ monthly_budget_usd: costUsd * 5 });
    network.mock.plan("up-gpt", { latencyMs: 300, usage: { inputTokens: 250, outputTokens: 250 } });
    // Room for five: the estimate of each is a little above what it costs.
    const door: Door = { ...chatDoor, body: { ...chatDoor.body, max_tokens: 480 } };
    const answers = await Promise.all(Array.from({ length: 40 }, () => knock(network, door, key)));
    const succeeded = answers.filter(({ status }) => status === 200).length;
    expect(succeeded).toBeGreaterThanOrEqual(4);
    expect(succeeded).toBeLessThanOrEqual(6);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - succeeded);
    expect(network.mock.calls()).toHaveLength(succeeded);
    await recorded(id, succeeded * costUsd);
  });

  it("starts anew when the operator says it is paid", async () => {
    const { id, key } = await newKey({ monthly_budget_usd: costUsd });
    expect((await knock(network, chatDoor, key)).status).toBe(200);
    await recorded(id, costUsd);
    await until("the refusal", async () => (await knock(network, chatDoor, key)).status === 429);
    await admin.call("POST", `/apikeys/${id}/paid`);
    expect(await spendOf(id)).toBe(0);
    expect((await knock(network, chatDoor, key)).status).toBe(200);
    await recorded(id, costUsd);
  });

  it("counts spend on the first of the month", async () => {
    const { id, key } = await newKey({ monthly_budget_usd: 5 });
    const nowMs = Date.now();
    const month = new Date(nowMs).toISOString().slice(0, 7);
    await site.db
      .insertInto("spend")
      .values({
        scope_kind: "key",
        scope_id: id,
        month,
        cost_nano_usd: 5_000_000_000,
        request_count: 1,
        unpriced_count: 0,
        input_tokens: 0,
        output_tokens: 0,
      })
      .execute();
    expect((await knock(network, chatDoor, key)).status).toBe(429);
  });

  it("of a project holds for all its keys together, one of a tenant for all its projects", async () => {
    await admin.call("POST", "/tenants", { id: "payer", name: "Payer", monthly_budget_usd: costUsd * 2 });
    await admin.call("POST", "/projects", {
      id: "shared",
      name: "Shared",
      tenant_id: "payer",
      monthly_budget_usd: costUsd,
    });
    const one = await newKey({ project_id: "shared" });
    const two = await newKey({ project_id: "shared" });
    const other = await newKey({ tenant_id: "payer" });
    expect((await knock(network, chatDoor, one.key)).status).toBe(200);
    await recorded(one.id, costUsd);
    await until("the project's refusal", async () => {
      const answer = await knock(network, chatDoor, two.key);
      return answer.status === 429 && String(errorOf(answer).message).includes("project");
    });
    expect((await knock(network, chatDoor, other.key)).status).toBe(200);
    await recorded(other.id, costUsd);
    await until("the tenant's refusal", async () => {
      const answer = await knock(network, chatDoor, other.key);
      return answer.status === 429 && String(errorOf(answer).message).includes("tenant");
    });
  });

  it("that is used up is an error the official client does not retry", async () => {
    const { id, key } = await newKey({ monthly_budget_usd: costUsd });
    await knock(network, chatDoor, key);
    await recorded(id, costUsd);
    await until("the refusal", async () => (await knock(network, chatDoor, key)).status === 429);
    const client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: key });
    const startedAtMs = performance.now();
    const asking = client.chat.completions.create({
      model: "gpt-test",
      messages: [{ role: "user", content: "hello" }],
    });
    await expect(asking).rejects.toMatchObject({ status: 429, code: "budget_exceeded" });
    expect(performance.now() - startedAtMs).toBeLessThan(400);
  });
});
