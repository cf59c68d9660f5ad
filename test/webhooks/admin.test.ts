import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { adminEnvironment, administer } from "../admin/admin-client.ts";
import { auditRowsOf } from "../admin/audit-rows.ts";
import type { Asked } from "../orchestration/native-door.ts";
import { answer, openReceiver, take } from "./receiver.ts";
import { causeEvent, quickPolicy } from "./webhook-door.ts";

let network: TestNetwork;
let asked: Asked;

beforeAll(async () => {
  network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    env: adminEnvironment,
    webhookPolicy: { ...quickPolicy, delaysMs: [0] },
  });
  asked = { url: network.url, apiKey: network.apiKey };
});
afterAll(() => network[Symbol.asyncDispose]());

const ask = (method: string, path: string, body?: unknown) =>
  administer(network, method, `/admin/v1/webhooks${path}`, body === undefined ? {} : { body });

it("an administrator manages endpoints of any tenant, and every change is in the audit log", async () => {
  const wanted = {
    tenant_id: "default",
    name: "by the operator",
    url: "https://example.com/hook",
    event_types: ["job.failed"],
  };
  const nowhere = await ask("POST", "/endpoints", { ...wanted, tenant_id: "nobody" });
  expect([nowhere.status, nowhere.json.error.param]).toEqual([400, "tenant_id"]);
  const created = await ask("POST", "/endpoints", wanted);
  expect(created.status).toBe(201);
  expect(created.json).toMatchObject({ status: "enabled", signing_secret: expect.stringMatching(/^whsec_/) });
  const at = `/endpoints/${created.json.id}`;
  expect((await ask("PATCH", at, { name: "renamed" })).json).toMatchObject({ name: "renamed" });
  expect((await ask("PATCH", at, { url: "https://10.0.0.1/" })).status).toBe(400);
  expect((await ask("POST", `${at}/disable`, { reason: "too loud" })).json).toMatchObject({
    status: "disabled",
    disabled_reason: "too loud",
  });
  const disabled = await ask("GET", "/endpoints?enabled=false&tenant_id=default");
  expect(disabled.json).toMatchObject({ total: 1, items: [{ id: created.json.id }] });
  expect((await ask("POST", `${at}/enable`)).json).toMatchObject({ status: "enabled" });
  const rotated = await ask("POST", `${at}/rotate-secret`, { keep_old_secret_active_for_24_hours: true });
  expect(rotated.json.signing_secret).not.toBe(created.json.signing_secret);
  expect((await ask("GET", at)).json).not.toHaveProperty("signing_secret");
  expect((await ask("DELETE", at)).status).toBe(200);
  expect((await ask("GET", at)).status).toBe(404);
  const rows = await auditRowsOf(network.dataDirectory, created.json.id);
  expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    "webhook_endpoint.create ok",
    "webhook_endpoint.update ok",
    "webhook_endpoint.update failed",
    "webhook_endpoint.disable ok",
    "webhook_endpoint.enable ok",
    "webhook_endpoint.rotate_secret ok",
    "webhook_endpoint.delete ok",
  ]);
  expect(JSON.stringify(rows)).not.toContain("whsec_");
});

it("deliveries are found, looked into, sent again one by one and in bulk, and discarded", async () => {
  const receiver = await openReceiver(answer(500));
  const { json: endpoint } = await ask("POST", "/endpoints", {
    tenant_id: "default",
    name: "failing",
    url: receiver.url,
    event_types: ["orchestration.completed"],
  });
  const runId = await causeEvent(asked);
  const failed = await until("the delivery to fail", async () => {
    const { json } = await ask("GET", `/deliveries?endpoint_id=${endpoint.id}&state=failed`);
    return json.items[0];
  });
  expect((await ask("GET", `/deliveries/${failed.id}`)).json).toMatchObject({
    state: "failed",
    tenant_id: "default",
    event: { type: "orchestration.completed", data: { id: runId } },
    attempts: [{ attempt: 1, outcome: "refused", status_code: 500, response_text: "as you like" }],
  });
  expect((await ask("GET", "/events?type=orchestration.completed")).json.total).toBe(1);

  const discarded = await ask("POST", `/deliveries/${failed.id}/discard`);
  expect(discarded.json).toMatchObject({ state: "discarded" });
  expect((await ask("POST", `/deliveries/${failed.id}/discard`)).status).toBe(409);
  expect((await ask("POST", `/deliveries/${failed.id}/redeliver`)).status).toBe(202);
  await until("the second attempt", () => receiver.received.length === 2);
  await until(
    "its outcome",
    async () => (await ask("GET", `/deliveries/${failed.id}`)).json.state === "failed",
  );
  receiver.react = take;
  const bulk = await ask("POST", "/deliveries/redeliver", {
    endpoint_id: endpoint.id,
    since: "2020-01-01T00:00:00Z",
  });
  expect(bulk).toMatchObject({ status: 202, json: { redelivered: 1, has_more: false } });
  await until(
    "the event to arrive",
    async () => (await ask("GET", `/deliveries/${failed.id}`)).json.state === "delivered",
  );
  expect((await ask("POST", `/deliveries/whd_unknown/redeliver`)).status).toBe(404);
  const ofDelivery = await auditRowsOf(network.dataDirectory, failed.id);
  expect(ofDelivery.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    "webhook_delivery.discard ok",
    "webhook_delivery.discard failed",
    "webhook_delivery.redeliver ok",
  ]);
  const ofEndpoint = await auditRowsOf(network.dataDirectory, endpoint.id);
  expect(ofEndpoint.at(-1)).toMatchObject({
    action: "webhook_delivery.redeliver_many",
    detail: expect.objectContaining({ redelivered: 1 }),
  });
});
