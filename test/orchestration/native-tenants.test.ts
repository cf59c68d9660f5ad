import { until } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { openAccessNetwork } from "../access/access-network.ts";
import { begin, call, type Json } from "./native-door.ts";

it("a run is there for the keys of its tenant only, whatever is done with it; a project's key sees its project", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const tenants = await Promise.all(["one", "two"].map((name) => admin.call("POST", "/tenants", { name })));
  const [mine, foreign] = await Promise.all(tenants.map(({ id }) => admin.createKey({ tenant_id: id })));
  const colleague = await admin.createKey({ tenant_id: tenants[0]?.["id"] });
  const asked = (key: typeof mine) => ({ url: network.url, apiKey: key?.key ?? "" });

  const { status, headers, json } = await begin(asked(mine), {
    mode: "planning",
    models: { primary: "gpt-test" },
  });
  expect(status).toBe(200);
  const place = headers.get("location") ?? "";
  for (const [method, path] of [
    ["GET", place],
    ["GET", `${place}/events`],
    ["POST", `${place}/cancel`],
  ] as const) {
    const refused = await call(asked(foreign), path, { method });
    expect([path, refused.status, refused.json.error?.["code"]]).toEqual([path, 404, "not_found"]);
    expect(JSON.stringify(refused.json)).not.toContain(String(json["id"]));
  }
  expect((await call(asked(colleague), place)).json).toEqual(json);

  const listOf = async (key: typeof mine): Promise<string[]> => {
    const list = await call(asked(key), "/v1/orchestrations");
    return (list.json["data"] as readonly Json[]).map(({ id }) => String(id));
  };
  await until("the run in the books", async () => (await listOf(mine)).length === 1);
  expect(await listOf(colleague)).toEqual([json["id"]]);
  expect(await listOf(foreign)).toEqual([]);
  const behind = await call(asked(foreign), `/v1/orchestrations?after=${String(json["id"])}`);
  expect(behind.status).toBe(400);
});

it("a key without the scope `plan` may neither begin a run nor look at one", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const key = await admin.createKey({ scopes: ["chat"] });
  const asked = { url: network.url, apiKey: key.key };
  const answers = [await begin(asked, { mode: "planning" }), await call(asked, "/v1/orchestrations")];
  for (const { status, json } of answers)
    expect([status, json.error?.["code"]]).toEqual([403, "insufficient_scope"]);
  const nobody = await call({ ...asked, apiKey: "wrong" }, "/v1/orchestrations");
  expect(nobody.status).toBe(401);
});

it("a budget that the worst case does not fit is refused before the first call, in the name of the budget", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const key = await admin.createKey({ monthly_budget_usd: 0.01 });
  const asked = { url: network.url, apiKey: key.key };
  const refused = await begin(asked, {
    mode: "adversarial",
    iterations: 10,
    parameters: { max_tokens: 1_000 },
  });
  expect([refused.status, refused.json.error?.["code"]]).toEqual([429, "budget_exceeded"]);
  expect(network.mock.calls()).toHaveLength(0);
});
