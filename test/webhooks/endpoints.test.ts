import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { call } from "../orchestration/native-door.ts";
import { answer, openReceiver, type Received } from "./receiver.ts";
import { causeEvent, createEndpoint, deliveriesOf } from "./webhook-door.ts";

let network: TestNetwork;
let client: OpenAI;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey });
});
afterAll(() => network[Symbol.asyncDispose]());

const url = "http://127.0.0.1:9/hook";

it("the openai client creates, reads, lists, changes and deletes endpoints", async () => {
  const created = await client.webhooks.create({ name: "one", url, event_types: ["batch.completed"] });
  expect(created).toMatchObject({
    id: expect.stringMatching(/^we_[0-9a-f]{32}$/),
    object: "webhook_endpoint",
    name: "one",
    url,
    event_types: ["batch.completed"],
    created_at: expect.any(Number),
    signing_secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
  });
  expect(created.signing_secret_hint).toContain(created.signing_secret.replace("=", "").slice(-4));
  const read = await client.webhooks.retrieve(created.id);
  expect(read).not.toHaveProperty("signing_secret");
  expect({ ...read, signing_secret: created.signing_secret }).toEqual(created);

  const changed = await client.webhooks.update(created.id, { name: "two", event_types: ["response.failed"] });
  expect(changed).toMatchObject({ id: created.id, name: "two", url, event_types: ["response.failed"] });

  const others = await Promise.all(
    ["three", "four"].map((name) =>
      client.webhooks.create({ name, url, event_types: ["response.completed"] }),
    ),
  );
  const listed: string[] = [];
  for await (const endpoint of client.webhooks.list({ limit: 2 })) listed.push(endpoint.id);
  expect(listed.toSorted()).toEqual([created.id, ...others.map(({ id }) => id)].toSorted());
  expect(listed.at(-1)).toBe(created.id);

  for (const id of listed)
    expect(await client.webhooks.delete(id)).toEqual({
      id,
      object: "webhook_endpoint.deleted",
      deleted: true,
    });
  await expect(client.webhooks.retrieve(created.id)).rejects.toMatchObject({
    status: 404,
    code: "not_found",
  });
  await expect(client.webhooks.delete(created.id)).rejects.toThrow(OpenAI.NotFoundError);
});

it("the event types are listed, and only those can be asked for", async () => {
  const { object, data } = await client.webhooks.eventTypes.list();
  expect(object).toBe("list");
  expect(data).toEqual(
    expect.arrayContaining([
      "response.completed",
      "batch.failed",
      "job.succeeded",
      "orchestration.completed",
    ]),
  );
  const unknown = client.webhooks.create({ name: "x", url, event_types: ["video.completed"] });
  await expect(unknown).rejects.toMatchObject({ status: 400, param: "event_types.0" });
});

async function unwrapped(received: Received | undefined, secret: string) {
  return client.webhooks.unwrap(received?.body ?? "", received?.headers ?? {}, secret);
}

it("a test is a real signed delivery, which the openai client unwraps", async () => {
  const receiver = await openReceiver();
  const endpoint = await client.webhooks.create({
    name: "tested",
    url: receiver.url,
    event_types: ["batch.completed"],
  });
  expect(await client.webhooks.test(endpoint.id, { event_type: "response.completed" })).toEqual({
    object: "webhook_endpoint.test",
    webhook_endpoint_id: endpoint.id,
    event_type: "response.completed",
    status_code: 204,
    success: true,
  });
  const [received] = receiver.received;
  const event = await unwrapped(received, endpoint.signing_secret);
  expect(event).toMatchObject({
    id: received?.headers["webhook-id"],
    object: "event",
    type: "response.completed",
    data: { id: expect.any(String) },
  });
  const stranger = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  await expect(unwrapped(received, stranger)).rejects.toThrow(OpenAI.InvalidWebhookSignatureError);
});

it("a test that fails says what the receiver answered, without the client paying for retries", async () => {
  const receiver = await openReceiver(answer(500));
  const { id } = await client.webhooks.create({
    name: "broken",
    url: receiver.url,
    event_types: ["batch.completed"],
  });
  const failed = client.webhooks.test(id, { event_type: "batch.completed" });
  await expect(failed).rejects.toMatchObject({ status: 400, message: expect.stringContaining("500") });
  expect(receiver.received).toHaveLength(1);
});

it("a rotated secret signs at once; the old one goes on beside it for a day when asked to", async () => {
  const receiver = await openReceiver();
  const first = await client.webhooks.create({
    name: "rotated",
    url: receiver.url,
    event_types: ["batch.completed"],
  });
  const test = async () => {
    await client.webhooks.test(first.id, { event_type: "batch.completed" });
    return receiver.received.at(-1);
  };
  const second = await client.webhooks.rotateSecret(first.id, { keep_old_secret_active_for_24_hours: true });
  expect(second.signing_secret).not.toBe(first.signing_secret);
  const during = await test();
  await unwrapped(during, first.signing_secret);
  await unwrapped(during, second.signing_secret);

  const third = await client.webhooks.rotateSecret(first.id);
  const after = await test();
  await unwrapped(after, third.signing_secret);
  for (const { signing_secret: old } of [first, second])
    await expect(unwrapped(after, old)).rejects.toThrow(OpenAI.InvalidWebhookSignatureError);
});

it("an orchestration tells of its phases and of its end, once each, and the standardwebhooks package agrees", async () => {
  const receiver = await openReceiver();
  const asked = { url: network.url, apiKey: network.apiKey };
  const { id, secret } = await createEndpoint(asked, receiver.url, [
    "orchestration.phase.completed",
    "orchestration.completed",
  ]);
  const runId = await causeEvent(asked);
  await until("both events", () => receiver.received.length >= 2);
  const events = receiver.received.map(
    ({ body, headers }) =>
      new Webhook(secret).verify(body, headers as Record<string, string>) as Record<string, unknown>,
  );
  expect(
    events.toSorted((left, right) => String(left["type"]).length - String(right["type"]).length),
  ).toEqual([
    expect.objectContaining({
      type: "orchestration.completed",
      data: expect.objectContaining({ id: runId, status: "succeeded", mode: "planning" }),
    }),
    expect.objectContaining({
      type: "orchestration.phase.completed",
      data: expect.objectContaining({ id: runId, call_id: "plan.1", phase: "plan", model: "gpt-test" }),
    }),
  ]);
  await until("both outcomes", async () =>
    (await deliveriesOf(asked, id)).every(({ state }) => state === "delivered"),
  );
  expect(receiver.received).toHaveLength(2);
  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
});

it("the tenant's own secret is shown when it is made, and as a hint afterwards", async () => {
  const asked = { url: network.url, apiKey: network.apiKey };
  const at = "/v1/webhook_signing_secret";
  const before = await call(asked, at);
  expect(before.json).toMatchObject({ object: "webhook_signing_secret", signing_secret_hint: null });
  const made = await call(asked, `${at}/rotate`, { method: "POST" });
  expect(made.json).toMatchObject({ signing_secret: expect.stringMatching(/^whsec_/) });
  const again = await call(asked, `${at}/rotate`, {
    method: "POST",
    body: { keep_old_secret_active_for_24_hours: true },
  });
  expect(again.json["signing_secret"]).not.toBe(made.json["signing_secret"]);
  expect(again.json["old_secret_active_until"]).toEqual(expect.any(Number));
  const { json } = await call(asked, at);
  expect(json["signing_secret_hint"]).toBe(again.json["signing_secret_hint"]);
  expect(json).not.toHaveProperty("signing_secret");
});

it("a tenant has at most 50 endpoints", async () => {
  const asked = { url: network.url, apiKey: network.apiKey };
  for (;;) {
    const { status, json } = await call(asked, "/v1/webhook_endpoints", {
      method: "POST",
      body: { name: "one of many", url, event_types: ["job.failed"] },
    });
    if (status === 200) continue;
    expect([status, json.error?.["code"]]).toEqual([409, "conflict"]);
    break;
  }
  const all = await call(asked, "/v1/webhook_endpoints?limit=100");
  expect(all.json["data"]).toHaveLength(50);
});
