import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Asked } from "../orchestration/native-door.ts";
import { answer, openReceiver, take, type Reaction } from "./receiver.ts";
import {
  causeEvent,
  createEndpoint,
  deliveriesOf,
  endpointOf,
  quickPolicy,
  send,
  type LoggedDelivery,
} from "./webhook-door.ts";

let network: TestNetwork;
let asked: Asked;

beforeAll(async () => {
  network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    webhookPolicy: quickPolicy,
    env: { TOKENHUB_WEBHOOK_TIMEOUT_MS: "1000" },
  });
  asked = { url: network.url, apiKey: network.apiKey };
});
afterAll(() => network[Symbol.asyncDispose]());

const isOver = ({ state }: LoggedDelivery) => state === "delivered" || state === "failed";

/** The newest delivery of an endpoint, once it has ended. */
function ended(endpointId: string): Promise<LoggedDelivery> {
  return until("the delivery to end", async () => {
    const [delivery] = await deliveriesOf(asked, endpointId);
    return delivery !== undefined && isOver(delivery) ? delivery : null;
  });
}

async function told(react: Reaction) {
  const receiver = await openReceiver(react);
  const { id } = await createEndpoint(asked, receiver.url);
  await causeEvent(asked);
  return { receiver, id, delivery: await ended(id) };
}

describe("a receiver that", () => {
  it("fails twice gets the same event again, newly signed, until it takes it", async () => {
    const { receiver, delivery } = await told((response, number, received) =>
      number < 3 ? answer(500)(response, number, received) : take(response, number, received),
    );
    expect(delivery.state).toBe("delivered");
    expect(delivery.attempts.map(({ outcome, status_code: status }) => [outcome, status])).toEqual([
      ["refused", 500],
      ["refused", 500],
      ["delivered", 204],
    ]);
    expect(delivery.attempts[0]?.response_text).toBe("as you like");
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it("always fails is given up after the last attempt of the schedule", async () => {
    const { receiver, delivery, id } = await told(answer(503));
    expect(delivery).toMatchObject({ state: "failed", trigger: "scheduled" });
    expect(receiver.received).toHaveLength(quickPolicy.delaysMs.length);
    expect(await endpointOf(asked, id)).toMatchObject({
      status: "enabled",
      failing_since: expect.any(Number),
    });
  });

  it("redirects is not followed", async () => {
    const inner = await openReceiver();
    const { delivery } = await told(answer(302, { location: inner.url }));
    expect(delivery).toMatchObject({ state: "failed", attempts: [{ status_code: 302 }, {}, {}] });
    expect(inner.received).toEqual([]);
  });

  it("is not there is tried as often", async () => {
    const { id } = await createEndpoint(asked, "http://127.0.0.1:9/hook");
    await causeEvent(asked);
    const delivery = await ended(id);
    expect(delivery.attempts.map(({ outcome }) => outcome)).toEqual(
      quickPolicy.delaysMs.map(() => "connection_failed"),
    );
  });

  it("never answers, or never stops answering, is cut off, and holds up no other", async () => {
    const silent = await openReceiver(() => {});
    const endless = await openReceiver((response) => {
      const timer = setInterval(() => response.write("x".repeat(65_536)), 5);
      response.once("close", () => clearInterval(timer));
    });
    const quick = await openReceiver();
    const endpoints = [];
    for (const { url } of [silent, endless, quick]) endpoints.push(await createEndpoint(asked, url));
    await causeEvent(asked);
    const [silentId = "", endlessId = "", quickId = ""] = endpoints.map(({ id }) => id);
    await ended(quickId);
    expect((await deliveriesOf(asked, silentId))[0]?.state).not.toBe("failed");
    expect((await ended(endlessId)).attempts[0]?.outcome).toBe("answer_too_large");
    expect((await ended(silentId)).attempts.map(({ outcome }) => outcome)).toEqual([
      "timeout",
      "timeout",
      "timeout",
    ]);
  });

  it("asks for patience gets up to twice the delay that was planned", async () => {
    const { receiver } = await told((response, number, received) =>
      number === 1
        ? answer(429, { "retry-after": "3600" })(response, number, received)
        : take(response, number, received),
    );
    const [first, second] = receiver.received;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(2 * quickPolicy.slowDownMs);
  });
});

describe("an endpoint that", () => {
  it("answers 410 is disabled, others hear of it, and once enabled it gets what it missed", async () => {
    const watcher = await openReceiver();
    await createEndpoint(asked, watcher.url, ["webhook_endpoint.disabled"]);
    const { receiver, id, delivery } = await told(answer(410));
    expect(delivery).toMatchObject({ state: "failed", attempts: [{ status_code: 410 }] });
    expect(await endpointOf(asked, id)).toMatchObject({
      status: "disabled",
      disabled_reason: expect.stringContaining("410"),
    });
    await until("the others to hear of it", () =>
      watcher.received.some(({ event }) => JSON.stringify(event["data"]).includes(id)),
    );
    // Nothing more is recorded for it.
    const witness = await openReceiver();
    await createEndpoint(asked, witness.url);
    const runId = await causeEvent(asked);
    await until("the next event to be told", () => witness.received.some(({ body }) => body.includes(runId)));
    expect(await deliveriesOf(asked, id)).toHaveLength(1);
    const early = await send(asked, `/${id}/deliveries/${delivery.id}/redeliver`);
    expect([early.status, early.json.error?.["code"]]).toEqual([409, "conflict"]);

    receiver.react = take;
    const enabled = await send(asked, `/${id}/enable`);
    expect(enabled.json).toMatchObject({ status: "enabled", disabled_reason: null, failing_since: null });
    const recovered = await send(asked, `/${id}/redeliver`, { since: 0 });
    expect([recovered.status, recovered.json["redelivered"]]).toEqual([202, 1]);
    await until("the event to arrive", () => receiver.received.length === 2);
    expect(receiver.received[1]?.headers["webhook-id"]).toBe(receiver.received[0]?.headers["webhook-id"]);
  });

  it("took an event can be sent it again by hand, for one attempt", async () => {
    const { receiver, id, delivery } = await told(take);
    receiver.react = answer(500);
    const again = await send(asked, `/${id}/deliveries/${delivery.id}/redeliver`);
    expect(again).toMatchObject({ status: 202, json: { state: "pending", trigger: "manual" } });
    const failed = await until(
      "the attempt to fail",
      async () => (await deliveriesOf(asked, id, "?state=failed"))[0],
    );
    expect(failed.attempts.map(({ outcome }) => outcome)).toEqual(["delivered", "refused"]);
    expect(receiver.received).toHaveLength(2);
    const missing = await send(asked, `/${id}/deliveries/whd_${"0".repeat(32)}/redeliver`);
    expect(missing.status).toBe(404);
  });

  it("was deleted gets nothing more", async () => {
    const receiver = await openReceiver(answer(500));
    const { id } = await createEndpoint(asked, receiver.url);
    await fetch(`${network.url}/v1/webhook_endpoints/${id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${network.apiKey}` },
    });
    const witness = await openReceiver();
    await createEndpoint(asked, witness.url);
    const runId = await causeEvent(asked);
    await until("the witness to be told", () => witness.received.some(({ body }) => body.includes(runId)));
    expect(receiver.received).toEqual([]);
  });
});

it("the log is read page by page and filtered", async () => {
  const receiver = await openReceiver();
  const { id } = await createEndpoint(asked, receiver.url, [
    "orchestration.completed",
    "orchestration.phase.completed",
  ]);
  await causeEvent(asked);
  await until("two deliveries", async () => (await deliveriesOf(asked, id)).length === 2);
  const [first] = await deliveriesOf(asked, id, "?limit=1");
  const rest = await deliveriesOf(asked, id, `?limit=1&after=${first?.id}`);
  expect(rest).toHaveLength(1);
  expect(rest[0]?.id).not.toBe(first?.id);
  const filtered = await deliveriesOf(asked, id, "?event_type=orchestration.completed");
  expect(filtered.map(({ event_type: type }) => type)).toEqual(["orchestration.completed"]);
});
