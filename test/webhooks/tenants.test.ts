import { until } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { openAccessNetwork } from "../access/access-network.ts";
import { call } from "../orchestration/native-door.ts";
import { openReceiver } from "./receiver.ts";
import { causeEvent, createEndpoint, deliveriesOf } from "./webhook-door.ts";

it("an endpoint and its deliveries are there for its tenant only, and hear of its tenant only", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const tenants = await Promise.all(["one", "two"].map((name) => admin.call("POST", "/tenants", { name })));
  const [mine, foreign] = await Promise.all(tenants.map(({ id }) => admin.createKey({ tenant_id: id })));
  const asked = (key: typeof mine) => ({ url: network.url, apiKey: key?.key ?? "" });
  const receiver = await openReceiver();
  const strange = await openReceiver();
  const { id } = await createEndpoint(asked(mine), receiver.url);
  await createEndpoint(asked(foreign), strange.url);
  const runId = await causeEvent(asked(mine));
  const delivery = await until("the delivery", async () => (await deliveriesOf(asked(mine), id))[0]);

  const at = `/v1/webhook_endpoints/${id}`;
  for (const [method, path, body] of [
    ["GET", at, undefined],
    ["POST", at, { name: "stolen" }],
    ["DELETE", at, undefined],
    ["POST", `${at}/rotate_secret`, {}],
    ["POST", `${at}/test`, { event_type: "job.failed" }],
    ["POST", `${at}/enable`, {}],
    ["GET", `${at}/deliveries`, undefined],
    ["POST", `${at}/deliveries/${delivery.id}/redeliver`, {}],
    ["POST", `${at}/redeliver`, { since: 0 }],
  ] as const) {
    const refused = await call(asked(foreign), path, { method, ...(body === undefined ? {} : { body }) });
    expect([method, path, refused.status, refused.json.error?.["code"]]).toEqual([
      method,
      path,
      404,
      "not_found",
    ]);
  }
  const behind = await call(asked(foreign), `/v1/webhook_endpoints?after=${id}`);
  expect(behind.status).toBe(400);
  const list = await call(asked(foreign), "/v1/webhook_endpoints");
  expect(list.json["data"]).toHaveLength(1);
  expect(JSON.stringify(list.json)).not.toContain(id);
  await until("the event", () => receiver.received.length === 1);
  expect(receiver.received[0]?.body).toContain(runId);
  expect(strange.received).toEqual([]);
  expect((await call(asked(mine), at)).json["name"]).toBe("a receiver");
});

it("a key of a project sees and hears of its project; a key without one of the whole tenant", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const tenant = await admin.call("POST", "/tenants", { name: "one" });
  const projects = await Promise.all(
    ["a", "b"].map((name) => admin.call("POST", "/projects", { name, tenant_id: tenant["id"] })),
  );
  const [own, other] = await Promise.all(
    projects.map(({ id }) => admin.createKey({ tenant_id: tenant["id"], project_id: id })),
  );
  const whole = await admin.createKey({ tenant_id: tenant["id"] });
  const asked = (key: typeof own) => ({ url: network.url, apiKey: key?.key ?? "" });
  const [ofProject, ofTenant] = [await openReceiver(), await openReceiver()];
  const { id } = await createEndpoint(asked(own), ofProject.url);
  await createEndpoint(asked(whole), ofTenant.url);
  expect((await call(asked(other), `/v1/webhook_endpoints/${id}`)).status).toBe(404);
  expect((await call(asked(whole), `/v1/webhook_endpoints/${id}`)).status).toBe(200);
  await causeEvent(asked(other));
  const ownRun = await causeEvent(asked(own));
  await until("all events", () => ofTenant.received.length === 2 && ofProject.received.length === 1);
  expect(ofProject.received[0]?.body).toContain(ownRun);
});
