import { expect, inject, it } from "vitest";
import { openAccessNetwork } from "../access/access-network.ts";
import { askerOf, chatOf, submit } from "./job-client.ts";

it("a job is there for the keys of its tenant only, whatever is done with it; a project's key sees its project", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const tenants = await Promise.all(["one", "two"].map((name) => admin.call("POST", "/tenants", { name })));
  const [mine, foreign] = await Promise.all(tenants.map(({ id }) => admin.createKey({ tenant_id: id })));
  const ask = askerOf(network);
  const asMine: typeof ask = (path, options) => ask(path, { ...options, key: mine?.key ?? "" });
  const asForeign: typeof ask = (path, options) => ask(path, { ...options, key: foreign?.key ?? "" });
  const { id } = await submit(asMine, chatOf("gpt-test"));
  await asMine(`/v1/jobs/${id}?wait=20`);
  const tries = [
    await asForeign(`/v1/jobs/${id}`),
    await asForeign(`/v1/jobs/${id}/events`),
    await asForeign(`/v1/jobs/${id}/cancel`, { method: "POST" }),
    await asForeign(`/v1/jobs/${id}`, { method: "DELETE" }),
  ];
  for (const refused of tries) {
    expect([refused.status, refused.json["error"]]).toMatchObject([404, { code: "not_found" }]);
    expect(refused.text).not.toContain(id);
  }
  expect((await asForeign("/v1/jobs")).json["data"]).toEqual([]);
  expect((await asMine("/v1/jobs")).json["data"]).toMatchObject([{ id }]);
});

it("a budget refuses jobs as soon as those that wait have used it up, and takes them again when they are cancelled", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const key = await admin.createKey({ monthly_budget_usd: 0.01 });
  const ask = askerOf(network);
  const asKey: typeof ask = (path, options) => ask(path, { ...options, key: key.key });
  const dear = {
    endpoint: "/v1/chat/completions",
    body: chatOf("gpt-test", "x", { max_tokens: 6_000 }),
    not_before: Date.now() / 1_000 + 600,
  };
  const first = await asKey("/v1/jobs", { body: dear });
  expect(first.status).toBe(202);
  const refused = await asKey("/v1/jobs", { body: dear });
  expect([refused.status, refused.json["error"]]).toMatchObject([429, { code: "budget_exceeded" }]);
  await asKey(`/v1/jobs/${first.id}/cancel`, { method: "POST" });
  await expect
    .poll(async () => (await asKey("/v1/jobs", { body: dear })).status, { timeout: 5_000 })
    .toBe(202);
});
