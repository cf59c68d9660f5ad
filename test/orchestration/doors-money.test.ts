import { until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openAccessNetwork, type AccessNetwork } from "../access/access-network.ts";
import { cast, plan } from "./door-bench.ts";

let site: AccessNetwork;
let network: TestNetwork;
beforeAll(async () => {
  site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  ({ network } = site);
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
});

const usage = { inputTokens: 250, outputTokens: 250 };
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
  for (const upstream of ["up-gpt", "up-claude", "up-spare"])
    network.mock.plan(upstream, { text: "Hello", usage });
});

/** Two calls of 500 tokens at $0.002 per 1,000, one at $0.01. */
const costUsd = 0.5 * (2 * 0.002 + 0.01);
const adversarial = (key: string, rest: Record<string, unknown> = {}) =>
  plan(network, {
    orchestration: { mode: "adversarial", ...cast, allow_fallback: false },
    request: { parameters: { max_tokens: 300 } },
    rest,
    headers: { authorization: `Bearer ${key}` },
  });

describe("the money of an orchestration", () => {
  it("must be left in the key's budget for the worst case, before the first call", async () => {
    const { key } = await site.admin.createKey({ monthly_budget_usd: 0.001 });
    const { status, json } = await adversarial(key);
    expect([status, json["error"]]).toMatchObject([
      429,
      { code: "budget_exceeded", budget_scope: "key", budget_usd: 0.001, spent_usd: 0 },
    ]);
    expect((json["error"] as { message: string }).message).toMatch(/worst case, \$0\.\d+/);
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("is spent call by call, and what was reserved beyond it is free again", async () => {
    const { id, key } = await site.admin.createKey({ monthly_budget_usd: 0.06 });
    for (let runs = 1; runs <= 4; runs += 1) {
      const { status, json } = await adversarial(key);
      expect([runs, status]).toEqual([runs, 200]);
      expect(json["estimated_cost_usd"]).toBeCloseTo(costUsd, 9);
      await until("its cost to be in the books", async () => {
        const spent = (await site.admin.call("GET", `/apikeys/${id}`))["current_spend_usd"];
        return Math.abs(Number(spent) - runs * costUsd) < 1e-9;
      });
    }
  });

  it("and its tokens are counted once on the metrics page, with the models that used them", async () => {
    const { key } = await site.admin.createKey();
    const tokensOf = async (model: string): Promise<number> => {
      const page = await (await fetch(`${network.url}/metrics`)).text();
      const line = page
        .split("\n")
        .find((text) => text.startsWith(`tokenhub_tokens_used_total{model="${model}",`));
      return Number(line?.split(" ").at(-1) ?? 0);
    };
    const before = { gpt: await tokensOf("gpt-test"), claude: await tokensOf("claude-test") };
    expect((await adversarial(key)).status).toBe(200);
    await until(
      "the calls to be counted",
      async () =>
        (await tokensOf("gpt-test")) === before.gpt + 1_000 &&
        (await tokensOf("claude-test")) === before.claude + 500,
    );
    const page = await (await fetch(`${network.url}/metrics`)).text();
    expect(page).toMatch(
      /tokenhub_requests_total\{endpoint="\/v1\/plan",mode="adversarial",[^}]*status="success"/,
    );
  });

  it("needs the scope plan on the doors that only orchestrate", async () => {
    const { key } = await site.admin.createKey({ scopes: ["chat"] });
    const { status, json } = await adversarial(key);
    expect([status, json["error"]]).toMatchObject([403, { code: "insufficient_scope" }]);
    const other = await site.admin.createKey({ scopes: ["plan"] });
    expect((await adversarial(other.key)).status).toBe(200);
  });
});
